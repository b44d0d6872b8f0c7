// `phoenix serve`: runs the agent until it is stopped.

import type { Role } from '../agent/deps.ts';
import { openLog } from '../io/log.ts';
import { openRedactor } from '../io/redact.ts';
import { type SettingProblem, secretsOf } from '../settings.ts';
import { logLine } from './agent/log-line.ts';
import { fileFault } from './file-fault.ts';
import { colours, EXIT, type Io } from './io.ts';
import { agentSettings } from './read-settings.ts';
import { listenForStop } from './stop-signal.ts';

const ROLES: readonly Role[] = ['receive', 'reconcile', 'apply', 'report', 'web'];
/** Time for running actions to finish. */
const GRACE_SECONDS = 30;

export interface ServeArgs {
  readonly roles: readonly string[];
  readonly node?: string;
}

export async function serve({ roles: words, node }: ServeArgs, io: Io): Promise<number> {
  const roles = ROLES.filter((role) => words.includes(role));
  const unknown = words.filter((word) => !ROLES.includes(word as Role));
  if (roles.length === 0 || unknown.length > 0) {
    io.stderr(`phoenix: ${unknown.join(', ') || 'nothing'} is no role; there are ${ROLES.join(', ')}\n`);
    return EXIT.usage;
  }
  const receiving = roles.includes('receive');
  const { settings, problems } = agentSettings(io.env, { receiving });
  for (const problem of problems) io.stderr(problemLine(problem));
  if (settings === null) return EXIT.usage;

  const redactor = openRedactor();
  for (const known of secretsOf(settings)) redactor.add(known.expose());
  const pretty = (line: string) => logLine(line, colours(io, 'stderr'));
  const write = (line: string) => io.stderr(io.terminal?.stderr === true ? pretty(line) : line);
  const log = openLog({ level: settings.log, redactor, destination: { write } });
  using signals = listenForStop();
  const { received } = signals;
  const { compose } = await import('./compose.ts');
  const stopping = new AbortController();
  void received.then(() => stopping.abort());
  const parts = { roles, node: node ?? settings.node, environment: io.env, log, redactor, stop: stopping.signal };
  const phoenix = await compose(settings, parts).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw restartable(error);
    return null;
  });
  if (phoenix === null) return EXIT.done;
  log.info(`listening on ${phoenix.url}`, { roles, branch: settings.branch, repository: settings.repositoryUrl });
  if (settings.forge.kind === 'none') log.warn('no forge is set, so commits get no answer', { set: 'PHOENIX_FORGE' });
  if (settings.redisUrl === null && roles.length < ROLES.length)
    log.warn('the other roles cannot be served by other processes: they have no Redis in common', { set: 'REDIS_URL' });
  if (settings.adminToken === null)
    log.warn('no PHOENIX_ADMIN_TOKEN is set: nothing can be asked over HTTP, or read from another machine');

  const lost = await Promise.race([received.then(() => null), phoenix.lost]);
  if (lost !== null) {
    log.error('nothing can go on', { reason: lost.message });
    io.stderr(`phoenix: ${lost.message}\n`);
    const { hint } = lost as { readonly hint?: unknown };
    if (typeof hint === 'string') io.stderr(`  ${hint}\n`);
    // Without the ledger no orderly shutdown is possible: the supervisor restarts the process.
    process.exit(EXIT.missing);
  }
  log.info('stopping: no new work; what runs may end', { seconds: GRACE_SECONDS });
  process.once('SIGINT', () => process.exit(EXIT.interrupted));
  await phoenix.stop(GRACE_SECONDS);
  log.info('stopped');
  return EXIT.done;
}

/** Exit code 2 would end the service for good (deploy/systemd), while a file that is not there may be on a disk that is mounted later. */
function restartable(error: unknown): unknown {
  return fileFault(error) === null ? error : Object.assign(error as Error, { exit: EXIT.missing });
}

function problemLine({ severity, message, hint }: SettingProblem): string {
  return `phoenix: ${severity}: ${message}\n  ${hint}\n`;
}
