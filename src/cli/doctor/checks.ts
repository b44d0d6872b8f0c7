// The checks of the doctor: each consists of a query and a pure evaluation of the answer.

import { certificateFault } from '../../io/authorities.ts';
import { accessOf } from '../../io/forge/access.ts';
import { branchesOf, openRemote } from '../../io/git/remote/remote.ts';
import type { NodeAdvice } from '../../io/host/ssh-failure.ts';
import { inspectRedis, type RedisFacts } from '../../io/ledger/inspect.ts';
import { redisFault } from '../../io/ledger/redis-fault.ts';
import { openRedactor } from '../../io/redact.ts';
import { redisServerVersion } from '../../io/redis-server.ts';
import { branchMissing } from '../../messages/faults.ts';
import { splitRemedy } from '../../model/failure.ts';
import type { Host } from '../../ports/host.ts';
import type { SettingProblem, Settings } from '../../settings.ts';
import type { Io } from '../io.ts';
import { agentSettings } from '../read-settings.ts';
import { forgeOptions, openForgeOf } from '../rehearse/open-host.ts';
import type { Diagnostic } from './diagnostic.ts';

const OLDEST_REDIS = [6, 2] as const;
/** GitHub rejects App tokens if clocks differ by a minute. */
const CLOCK_SECONDS = 30;
const HOST_PROGRAMS: ReadonlyArray<readonly [program: string, args: readonly string[]]> = [
  ['pct', ['list']],
  ['qm', ['list']],
  ['pvesm', ['status']],
];

export function ok(check: string, message: string): Diagnostic {
  return { check, state: 'ok', message, hint: null };
}

export function failed(check: string, message: string, hint: string): Diagnostic {
  return { check, state: 'failed', message, hint };
}

export function warning(check: string, message: string, hint: string): Diagnostic {
  return { check, state: 'warning', message, hint };
}

export function skipped(check: string, message: string): Diagnostic {
  return { check, state: 'skipped', message, hint: null };
}

export function checkSettings(io: Io): {
  readonly settings: Settings | null;
  readonly diagnostics: readonly Diagnostic[];
} {
  const { settings, problems } = agentSettings(io.env, { receiving: true });
  const diagnostics = problems.map(({ severity, message, hint }: SettingProblem): Diagnostic => {
    return { check: 'settings', state: severity === 'error' ? 'failed' : 'warning', message, hint };
  });
  return {
    settings,
    diagnostics: diagnostics.length > 0 ? diagnostics : [ok('settings', 'every required setting is set')],
  };
}

/** @param answerMs how long it waits for an answer, as below */
export async function checkRedis(
  { redisUrl, installation }: Settings,
  answerMs: number,
): Promise<readonly Diagnostic[]> {
  if (redisUrl === null) {
    const version = await redisServerVersion();
    if (version !== null) return [checkVersion(version, 'a private redis-server will be started')];
    return [
      failed(
        'redis',
        'no redis-server is installed, and REDIS_URL is not set',
        'install Redis 6.2 or newer, or set REDIS_URL',
      ),
    ];
  }
  try {
    return checkRedisFacts(await inspectRedis(redisUrl.expose(), installation, answerMs));
  } catch (error) {
    const { what, remedy } = redisFault(error, redisUrl.expose());
    return [failed('redis', `the Redis of REDIS_URL cannot be used: ${what}`, remedy)];
  }
}

/** Pure. */
export function checkRedisFacts({ version, evictionPolicy, appendOnly }: RedisFacts): readonly Diagnostic[] {
  const diagnostics = [checkVersion(version, 'it answers')];
  if (evictionPolicy === null || appendOnly === null) {
    diagnostics.push(
      warning(
        'redis',
        'Redis does not say how it keeps data',
        'check in Redis that maxmemory-policy is noeviction and appendonly is yes',
      ),
    );
  }
  if (evictionPolicy !== null && evictionPolicy !== 'noeviction') {
    diagnostics.push(
      failed(
        'redis',
        `Redis deletes data when its memory is full (maxmemory-policy ${evictionPolicy})`,
        'run in Redis: CONFIG SET maxmemory-policy noeviction',
      ),
    );
  }
  if (appendOnly === 'no') {
    diagnostics.push(
      warning(
        'redis',
        'Redis may lose the last pushes in a crash, since appendonly is off',
        'run in Redis: CONFIG SET appendonly yes',
      ),
    );
  }
  return diagnostics;
}

function checkVersion(version: string | null, answered: string): Diagnostic {
  if (version === null)
    return warning(
      'redis',
      `${answered}, but does not say its version`,
      `check that it is Redis ${OLDEST_REDIS.join('.')} or newer`,
    );
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_REDIS;
  const recent = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (recent) return ok('redis', `Redis ${version}: ${answered}`);
  return failed('redis', `Redis ${version} is too old`, `install Redis ${OLDEST_REDIS.join('.')} or newer`);
}

export async function checkRepository(settings: Settings, answerMs: number): Promise<Diagnostic> {
  const { repositoryUrl, repositoryLogin, branch } = settings;
  try {
    const token = repositoryLogin?.password.expose() ?? openForgeOf(settings)?.token;
    const limits = { silenceMs: answerMs, maxBytes: 64 * 1024 * 1024 };
    const remote = openRemote(limits, { url: repositoryUrl, ...(token === undefined ? {} : { token }) });
    const refs = await remote.refs();
    const head = refs.byName.get(`refs/heads/${branch}`);
    if (head !== undefined) return ok('repository', `${branch} is at ${head.slice(0, 7)}`);
    const { description, remedy } = splitRemedy(branchMissing(remote.url, branch, branchesOf(refs)));
    return warning('repository', description, remedy ?? '');
  } catch (error) {
    return failed('repository', reasonOf(error), 'check PHOENIX_REPO_URL and PHOENIX_FORGE_TOKEN');
  }
}

export async function checkForge(settings: Settings): Promise<readonly Diagnostic[]> {
  try {
    const options = forgeOptions(settings, openRedactor());
    if (options === null) return [skipped('forge', 'PHOENIX_FORGE is none: commits get no statuses')];
    const who = options.login.as === 'app' ? 'the App' : 'the token';
    const access = await accessOf(options);
    switch (access.kind) {
      case 'enough':
        return [ok('forge', `${who} may write ${options.login.as === 'app' ? 'checks' : 'statuses and comments'}`)];
      case 'lacks':
        return access.rights.map(({ what, why, remedy }) => failed('forge', `${who} may not ${what} (${why})`, remedy));
      case 'unknown':
        return [
          warning('forge', access.why, 'run phoenix doctor again; docs/forges.md names the rights that it needs'),
        ];
      default:
        return access satisfies never;
    }
  } catch (error) {
    return [failed('forge', reasonOf(error), 'docs/forges.md names the rights that PHOENIX_FORGE_TOKEN needs')];
  }
}

/** Compares our clock with the forge's by its Date header. */
export async function checkClock({ repositoryUrl }: Settings, answerMs: number): Promise<Diagnostic> {
  try {
    const answer = await fetch(new URL('/', repositoryUrl), {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMs),
    });
    const theirs = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) return skipped('clock', 'the forge does not send its time');
    const seconds = Math.round(Math.abs(Date.now() - theirs) / 1_000);
    if (seconds <= CLOCK_SECONDS) return ok('clock', 'agrees with the forge');
    return warning(
      'clock',
      `this machine and the forge differ by ${seconds} seconds`,
      'let NTP set the clock of this machine',
    );
  } catch (error) {
    const certificate = certificateFault(error);
    if (certificate !== null)
      return { check: 'clock', state: 'skipped', message: certificate.what, hint: certificate.remedy };
    return skipped('clock', 'the forge cannot be asked for its time');
  }
}

/**
 * @param open receives the callback for advice about the node
 * @param further checks of a host whose programs may all be used
 */
export async function checkHost(
  open: (advise: (advice: NodeAdvice) => void) => Promise<Host>,
  further: (host: Host) => Promise<readonly Diagnostic[]> = async () => [],
): Promise<readonly Diagnostic[]> {
  const advised: Diagnostic[] = [];
  const host = await open(({ what, remedy }) => advised.push(warning('host', what, remedy)));
  try {
    const programs = await programsOf(host);
    const isUsable = programs.every(({ state }) => state !== 'failed');
    return [...programs, ...advised, ...(isUsable ? await further(host) : [])];
  } finally {
    await host.close();
  }
}

async function programsOf(host: Host): Promise<readonly Diagnostic[]> {
  const run = (program: string, args: readonly string[]) =>
    host.run({ kind: 'command', program, args, timeoutSeconds: 30 });
  const version = await run('pvesh', ['get', '/version', '--output-format', 'json']);
  if (version.exit !== 0) return [failed('host', `pvesh ${endInWords(version)}`, hintFor(version))];
  const diagnostics = [ok('host', `Proxmox VE ${versionOf(version.stdout)}, node ${host.node}`)];
  const node = await run('hostname', []);
  const name = node.stdout.trim().split('.')[0];
  if (node.exit === 0 && name !== host.node) {
    diagnostics.push(failed('host', `its host name is ${name}, not ${host.node}`, `set PHOENIX_NODE=${name}`));
  }
  for (const [program, args] of HOST_PROGRAMS) {
    const result = await run(program, args);
    diagnostics.push(
      result.exit === 0
        ? ok('host', `${program} may be used`)
        : failed('host', `${program} ${endInWords(result)}`, hintFor(result)),
    );
  }
  return diagnostics;
}

function hintFor({ stderr }: Awaited<ReturnType<Host['run']>>): string {
  return stderr.includes('phoenix-shell: refused')
    ? "install this version's files of deploy/ssh on the node (deploy/README.md)"
    : 'run Phoenix on a Proxmox node as root, or set PHOENIX_HOST=ssh://root@node';
}

/** `ends with 126: phoenix-shell: refused`, `timed out`. */
export function endInWords({ exit, ended, stderr }: Awaited<ReturnType<Host['run']>>): string {
  const how = ended === 'exited' ? `ends with ${exit}` : ended;
  return `${how}${stderr.trim() === '' ? '' : `: ${stderr.trim().split('\n')[0]}`}`;
}

function versionOf(json: string): string {
  try {
    const { version } = JSON.parse(json) as { version?: unknown };
    return String(version ?? 'of unknown version');
  } catch {
    return 'of unknown version';
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
