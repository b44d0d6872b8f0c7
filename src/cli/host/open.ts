// A host that is only looked at, as `--host` names it: no agent, no ledger, and nothing of the settings but how it is reached.

import { readFileSync } from 'node:fs';
import { openRedactor } from '../../io/redact.ts';
import type { Host } from '../../ports.ts';
import { readHostSettings } from '../../settings/host.ts';
import type { Io } from '../io.ts';
import { openHostOf } from '../rehearse/open-host.ts';
import { SourceFailure } from '../source.ts';

export interface LookedAt {
  readonly host: Host;
  /** How many programs of the host were started. */
  commands(): number;
}

/**
 * @param given `local` or `ssh://user@host`
 * @param blob a file of the configuration by its id
 * @throws SourceFailure for a name that is none, Missing for a host that cannot be reached
 */
export async function openToLook(
  given: string,
  { env }: Io,
  blob: (id: string) => Promise<Uint8Array>,
): Promise<LookedAt> {
  const { settings, problems } = readHostSettings({ ...env, PHOENIX_HOST: given }, (path) =>
    readFileSync(path, 'utf8'),
  );
  if (settings === null)
    throw new SourceFailure(problems.join('; '), 'Name the host as local, or as ssh://root@pve.example.internal.');
  const redactor = openRedactor();
  const host = await openHostOf(settings, { node: settings.node, environment: env, repository: { blob }, redactor });
  let count = 0;
  return {
    host: {
      ...host,
      async run(command, options) {
        count += 1;
        return host.run(command, options);
      },
    },
    commands: () => count,
  };
}
