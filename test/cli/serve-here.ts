// An agent composed like that of `phoenix serve`, in the test's process, for tests of its responses and not of how its process starts and ends. The
// lab's programs also run in this process.

import { compose } from '../../src/cli/compose.ts';
import { agentSettings } from '../../src/cli/read-settings.ts';
import { openLog } from '../../src/io/log.ts';
import { openRedactor } from '../../src/io/redact.ts';

export interface ServedHere {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param environment the variables of the settings: all five roles are served. @throws where they are refused */
export async function serveHere(environment: Readonly<Record<string, string>>): Promise<ServedHere> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const { settings, problems } = agentSettings(env, { receiving: true });
  if (settings === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  const redactor = openRedactor();
  const log = openLog({ level: settings.log, redactor, destination: { write: () => {} } });
  const roles = ['receive', 'reconcile', 'apply', 'report', 'web'] as const;
  const parts = { roles, node: settings.node, environment: env, log, redactor, labPrograms: 'here' } as const;
  const phoenix = await compose(settings, parts);
  return { url: phoenix.url, stop: () => phoenix.stop(0) };
}
