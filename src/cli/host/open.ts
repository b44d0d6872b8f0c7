// Opens the host of `--host` read-only: without agent or ledger, and with only the connection settings.

import { readFileSync } from 'node:fs';
import { openRedactor } from '../../io/redact.ts';
import type { Host } from '../../ports/host.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import { type HostSettings, readHostSettings } from '../../settings/host.ts';
import { hostSetting } from '../../settings/values.ts';
import type { Io } from '../io.ts';
import { Missing } from '../missing.ts';
import { connectionHint, openHostOf } from '../rehearse/open-host.ts';
import { SourceFailure } from '../source.ts';

export interface ReadOnlyHost {
  readonly host: Host;
  /** Number of commands started on the host. */
  commands(): number;
}

/**
 * Reads the connection settings without connecting, so that a misspelt host is refused before anything else is read.
 * @param given `local` or `ssh://user@host`
 * @throws SourceFailure for an invalid name, and for a variable of the environment that is wrong
 */
export function readOnlySettings(given: string, { env }: Pick<Io, 'env'>): NonNullable<HostSettings['settings']> {
  const { settings, problems } = readHostSettings({ ...env, PHOENIX_HOST: given }, (path) =>
    readFileSync(path, 'utf8'),
  );
  const named = hostSetting(given);
  if ('wrong' in named) {
    const login = /^([\w.-]+@)?([\w.-]+)/.exec(given.replace(/^[a-z]+:\/\//i, ''));
    const meant = login === null ? 'ssh://root@pve.example.internal' : `ssh://${login[1] ?? 'root@'}${login[2]}`;
    throw new SourceFailure(named.wrong, `Name the host as local, or as ${meant}.`);
  }
  if (settings === null) {
    throw new SourceFailure(problems.join('; '), 'Correct these variables of the environment, or unset them.');
  }
  return settings;
}

/**
 * @param given `local` or `ssh://user@host`
 * @param blob reads a config file by blob id
 * @throws SourceFailure for an invalid name, Missing for an unreachable host
 */
export async function openReadOnly(
  given: string,
  { env }: Pick<Io, 'env'>,
  blob: (id: string) => Promise<Uint8Array>,
): Promise<ReadOnlyHost> {
  const settings = readOnlySettings(given, { env });
  const redactor = openRedactor();
  const parts = { node: settings.node, environment: env, repository: { blob }, redactor, labPrograms: 'here' } as const;
  return asReadOnly(await openHostOf(settings, parts));
}

/** Opens a read-only host. */
export type OpenReadOnly = typeof openReadOnly;

export function asReadOnly(host: Host): ReadOnlyHost {
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

/**
 * Adds a remedy to connection and login errors; other errors are unchanged.
 * @param given host as named
 */
export function explainUnreachable(error: unknown, given: string): unknown {
  if (!isOfHost(error)) return error;
  return new Missing(error.message, connectionHint(given), { cause: error });
}
