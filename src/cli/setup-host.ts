// `phoenix setup --allow-destructive DISK…` and `--install-gpu-driver`: operations that a push never triggers. Run by a person on the host, with
// preview and confirmation.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAction } from '../agent/apply/run-action.ts';
import { limitsOf } from '../io/git/remote/http.ts';
import { openRepository } from '../io/git/repository.ts';
import { openRedactor } from '../io/redact.ts';
import { load } from '../load/load.ts';
import { READING } from '../load/reading.ts';
import type { Config } from '../managers/config.ts';
import { observeDisks } from '../managers/hypervisor/setup/disks.ts';
import { observeDriver, planDriver } from '../managers/hypervisor/setup/gpu-driver.ts';
import { type PoolPlan, pathsOf, planPools } from '../managers/hypervisor/setup/pools.ts';
import { problemText } from '../messages/problems/problem.ts';
import { poolText, SETUP } from '../messages/setup/setup.ts';
import type { Action } from '../model/action.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Host } from '../ports/host.ts';
import type { Repository } from '../ports/repository.ts';
import { readHostSettings } from '../settings/host.ts';
import { type Settings, secretsOf } from '../settings.ts';
import { confirm } from './confirm.ts';
import { EXIT, type Io } from './io.ts';
import { openHostOf } from './rehearse/open-host.ts';
import { folderSource, SourceFailure } from './source.ts';

export interface SetupHostArgs {
  /** Disks by any of their paths; empty: none. */
  readonly disks: readonly string[];
  readonly gpuDriver: boolean;
  /** Skip the confirmation. */
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json?: boolean;
  /** Folder of the configuration; default: that of PHOENIX_REPO_URL, else the current folder. */
  readonly config?: string | undefined;
}

interface Ending {
  readonly exit: number;
  /** Why it was not completed; null if it was. */
  readonly reason: string | null;
  /** Executed actions, or planned ones in a dry run. */
  readonly actions: readonly string[];
}

/** Exit code: 0 on success, 1 if refused or failed, 2 for wrong usage, 3 for an unreadable configuration. */
export async function setupHost(args: SetupHostArgs, io: Io): Promise<number> {
  const { exit, reason, actions } = await setup(args, args.json ? { ...io, stdout: io.stderr } : io);
  if (reason !== null) io.stderr(`phoenix setup: ${reason}\n`);
  if (args.json) io.verbatim(`${JSON.stringify({ ok: exit === EXIT.done, reason, actions })}\n`);
  return exit;
}

async function setup(args: SetupHostArgs, io: Io): Promise<Ending> {
  const { settings, hasRepository, problems } = readHostSettings(io.env, (path) => readFileSync(path, 'utf8'));
  if (settings === null) return refused(problems.join('; '), EXIT.usage);
  if (settings.host.kind === 'ssh') return refused(SETUP.onTheHost, EXIT.usage);
  let snapshot: Snapshot;
  try {
    snapshot = await (args.config === undefined && hasRepository
      ? followedSource(settings)
      : folderSource(args.config ?? '.', settings.configRoot ?? undefined));
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    return refused([error.message, error.hint].filter((each) => each !== null).join('. '), error.exit);
  }
  const { config, problems: faults } = load(snapshot, settings);
  if (config === null) {
    for (const fault of faults) io.stderr(`${problemText(fault)}\n`);
    return refused(SETUP.badConfiguration, EXIT.no);
  }
  const host = await hostOf(settings, io);
  try {
    const pools = args.disks.length === 0 ? ending([]) : await makePools(host, config, args, io);
    if (pools.exit !== EXIT.done || !args.gpuDriver) return pools;
    const driver = await installDriver(host, config, args, io);
    return { ...driver, actions: [...pools.actions, ...driver.actions] };
  } finally {
    await host.close();
  }
}

async function makePools(host: Host, { hypervisor }: Config, args: SetupHostArgs, io: Io): Promise<Ending> {
  const declared = hypervisor.zfs.pools;
  const look = async () => planPools(declared, args.disks, await observeDisks(host, pathsOf(declared, args.disks)));
  const plan = await look();
  if (plan.kind === 'refused') return refused(plan.reason, EXIT.no);
  for (const pool of plan.pools) io.stdout(poolText(pool));
  const actions = plan.pools.flatMap((pool) => pool.actions);
  if (args.dryRun) return dryRun(actions, io);
  io.stdout(SETUP.warning);
  if (!args.yes) {
    const declined = await confirmPools(plan.pools, io);
    if (declined !== null) return declined;
  }
  const again = await look();
  if (JSON.stringify(again) !== JSON.stringify(plan)) return refused(SETUP.changed, EXIT.no);
  const ending = await runAll(host, actions, io);
  if (ending.exit === EXIT.done) io.stdout(SETUP.done(plan.pools.map(({ name }) => name)));
  return ending;
}

/** Each pool is confirmed by typing its name. Null if all were confirmed. */
async function confirmPools(pools: readonly PoolPlan[], io: Io): Promise<Ending | null> {
  for (const { name } of pools) {
    const said = await confirm({ text: SETUP.question(name), answer: name }, io);
    if (said === 'nobody') return refused(SETUP.needsConfirmation, EXIT.usage);
    if (said === 'no') return refused(SETUP.declined, EXIT.no);
  }
  return null;
}

async function installDriver(host: Host, { hypervisor }: Config, args: SetupHostArgs, io: Io): Promise<Ending> {
  if (hypervisor.nvidia === null) return refused(SETUP.noDriver, EXIT.no);
  const { actions, afterwards } = planDriver(hypervisor.nvidia, await observeDriver(host));
  if (args.dryRun) return dryRun(actions, io);
  const ending = await runAll(host, actions, io);
  if (ending.exit !== EXIT.done) return ending;
  if (afterwards !== null) return { ...ending, exit: EXIT.no, reason: afterwards };
  io.stdout(actions.length === 0 ? SETUP.nothing : SETUP.installed);
  return ending;
}

/** Runs the actions in order up to the first failure. */
async function runAll(host: Host, actions: readonly Action[], io: Io): Promise<Ending> {
  const log = { write: (line: string) => io.stderr(`${line}\n`), flush: async () => {} };
  const summaries: string[] = [];
  for (const action of actions) {
    const { exit, stderr, ended } = await runAction(host, action, { signal: new AbortController().signal, log });
    const why = SETUP.failed(action.summary, stderr.trim() || ended);
    if (exit !== 0) return { exit: EXIT.no, reason: why, actions: summaries };
    summaries.push(action.summary);
  }
  return ending(summaries);
}

function dryRun(actions: readonly Action[], io: Io): Ending {
  const summaries = actions.map(({ summary }) => summary);
  io.stdout(SETUP.dry(summaries));
  return ending(summaries);
}

function ending(actions: readonly string[]): Ending {
  return { exit: EXIT.done, reason: null, actions };
}

function refused(reason: string, exit: number): Ending {
  return { exit, reason, actions: [] };
}

async function hostOf(settings: Settings, { env }: Io): Promise<Host> {
  const redactor = openRedactor();
  for (const known of secretsOf(settings)) redactor.add(known.expose());
  const repository = { blob: () => Promise.reject(new Error('nothing is read from the repository here')) };
  return openHostOf(settings, { node: settings.node, environment: env, repository, redactor, labPrograms: 'here' });
}

/**
 * The head of the followed branch, fetched separately from an agent's clone. @throws SourceFailure
 */
async function followedSource(settings: Settings): Promise<Snapshot> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-setup-'));
  const { repositoryUrl, branch, configRoot, repositoryLogin, forge } = settings;
  const token = repositoryLogin?.password ?? forge.token;
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  let repository: Repository | undefined;
  try {
    repository = openRepository({
      url: repositoryUrl,
      branch,
      folder: join(folder, 'repository'),
      log: silent,
      limits: limitsOf(settings.maxPackMb),
      ...READING,
      ...(token === null ? {} : { token: token.expose() }),
      ...(configRoot === null ? {} : { root: configRoot }),
    });
    const head = await repository.fetch();
    if (head === null) throw new SourceFailure(`${repositoryUrl} has no branch ${branch}`, null, EXIT.missing);
    return await repository.snapshot(head);
  } catch (error) {
    if (error instanceof SourceFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const hint = 'Name a folder that holds the configuration with --config.';
    throw new SourceFailure(`${repositoryUrl} cannot be read: ${reason}`, hint, EXIT.missing, { cause: error });
  } finally {
    await repository?.close();
    await rm(folder, { recursive: true, force: true });
  }
}
