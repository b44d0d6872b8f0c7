// `phoenix setup --allow-destructive DISK…` and `--install-gpu-driver`: what a push never does. A person does it on the host, is shown
// what is there, and says yes.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAction } from '../agent/apply/run-action.ts';
import type { Config } from '../config/config.ts';
import { MAX_FILE_BYTES } from '../config/limits.ts';
import { load } from '../config/load.ts';
import { wantsBytes } from '../config/sources.ts';
import { openRepository } from '../io/git/repository.ts';
import { openRedactor } from '../io/redact.ts';
import { lookAtDisks } from '../managers/hypervisor/setup/disks.ts';
import { lookAtDriver, planDriver } from '../managers/hypervisor/setup/gpu-driver.ts';
import { type PoolPlan, pathsOf, planPools } from '../managers/hypervisor/setup/pools.ts';
import type { Action } from '../model/action.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Host } from '../ports.ts';
import { problemText } from '../say/problem.ts';
import { poolText, SETUP } from '../say/setup.ts';
import { readHostSettings } from '../settings/host.ts';
import { type Settings, secretsOf } from '../settings.ts';
import { EXIT, type Io } from './io.ts';
import { openHostOf } from './rehearse/outside.ts';
import { folderSource, SourceFailure } from './source.ts';

export interface SetupHostArgs {
  /** By any of their paths; empty: none is touched. */
  readonly disks: readonly string[];
  readonly gpuDriver: boolean;
  /** Go on without asking. */
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** Folder of the configuration; undefined: that of PHOENIX_REPO_URL, else the current folder. */
  readonly config?: string | undefined;
}

/** 0 when it is done, 1 when it is refused or fails, 2 when it is called wrongly, 3 when the configuration cannot be read. */
export async function setupHost(args: SetupHostArgs, io: Io): Promise<number> {
  const { settings, hasRepository, problems } = readHostSettings(io.env, (path) => readFileSync(path, 'utf8'));
  if (settings === null) return end(io, problems.join('; '), EXIT.usage);
  if (settings.host.kind === 'ssh') return end(io, SETUP.onTheHost, EXIT.usage);
  let snapshot: Snapshot;
  try {
    snapshot = await (args.config === undefined && hasRepository
      ? followedSource(settings)
      : folderSource(args.config ?? '.', settings.configRoot ?? undefined));
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    return end(io, [error.message, error.hint].filter((each) => each !== null).join('. '), error.exit);
  }
  const { config, problems: faults } = load(snapshot, { strictSecrets: settings.strictSecrets });
  if (config === null) {
    for (const fault of faults) io.stderr(`${problemText(fault)}\n`);
    return EXIT.no;
  }
  const host = await hostOf(settings, io);
  try {
    const pools = args.disks.length === 0 ? EXIT.done : await makePools(host, config, args, io);
    return pools !== EXIT.done || !args.gpuDriver ? pools : await installDriver(host, config, args, io);
  } finally {
    await host.close();
  }
}

async function makePools(host: Host, { hypervisor }: Config, args: SetupHostArgs, io: Io): Promise<number> {
  const declared = hypervisor.zfs.pools;
  const look = async () => planPools(declared, args.disks, await lookAtDisks(host, pathsOf(declared, args.disks)));
  const plan = await look();
  if (plan.kind === 'refused') return end(io, plan.reason, EXIT.no);
  for (const pool of plan.pools) io.stdout(poolText(pool));
  const actions = plan.pools.flatMap((pool) => pool.actions);
  if (args.dryRun) {
    io.stdout(SETUP.dry(actions.map(({ summary }) => summary)));
    return EXIT.done;
  }
  io.stdout(SETUP.warning);
  if (!args.yes) {
    const answer = await confirmed(plan.pools, io);
    if (answer !== EXIT.done) return answer;
  }
  const again = await look();
  if (JSON.stringify(again) !== JSON.stringify(plan)) return end(io, SETUP.changed, EXIT.no);
  const failure = await runAll(host, actions, io);
  if (failure !== null) return end(io, failure, EXIT.no);
  io.stdout(SETUP.done(plan.pools.map(({ name }) => name)));
  return EXIT.done;
}

/** Each pool by its name: one letter is typed too easily. */
async function confirmed(pools: readonly PoolPlan[], io: Io): Promise<number> {
  if (io.ask === undefined) return end(io, SETUP.needsConfirmation, EXIT.usage);
  for (const { name } of pools) {
    if ((await io.ask(SETUP.question(name)))?.trim() === name) continue;
    io.stderr(SETUP.declined);
    return EXIT.no;
  }
  return EXIT.done;
}

async function installDriver(host: Host, { hypervisor }: Config, args: SetupHostArgs, io: Io): Promise<number> {
  if (hypervisor.nvidia === null) return end(io, SETUP.noDriver, EXIT.no);
  const { actions, afterwards } = planDriver(hypervisor.nvidia, await lookAtDriver(host));
  if (args.dryRun) {
    io.stdout(SETUP.dry(actions.map(({ summary }) => summary)));
    return EXIT.done;
  }
  const failure = await runAll(host, actions, io);
  if (failure !== null) return end(io, failure, EXIT.no);
  if (afterwards !== null) return end(io, afterwards, EXIT.no);
  io.stdout(actions.length === 0 ? SETUP.nothing : SETUP.installed);
  return EXIT.done;
}

/** In order; null when all went well, else what did not. */
async function runAll(host: Host, actions: readonly Action[], io: Io): Promise<string | null> {
  const log = { write: (line: string) => io.stderr(`${line}\n`), flush: async () => {} };
  for (const action of actions) {
    const { exit, stderr, ended } = await runAction(host, action, { signal: new AbortController().signal, log });
    if (exit !== 0) return SETUP.failed(action.summary, stderr.trim() || ended);
  }
  return null;
}

async function hostOf(settings: Settings, { env }: Io): Promise<Host> {
  const redactor = openRedactor();
  for (const known of secretsOf(settings)) redactor.add(known.expose());
  const repository = { blob: () => Promise.reject(new Error('nothing is read from the repository here')) };
  return openHostOf(settings, { node: settings.node, environment: env, repository, redactor });
}

/** The head of the followed branch, fetched beside what an agent may have. @throws SourceFailure */
async function followedSource(settings: Settings): Promise<Snapshot> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-setup-'));
  const { repositoryUrl, branch, configRoot, repositoryLogin, forge } = settings;
  const token = repositoryLogin?.password ?? forge.token;
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  try {
    const repository = openRepository({
      url: repositoryUrl,
      branch,
      folder: join(folder, 'repository'),
      log: silent,
      wantsBytes,
      maxFileBytes: MAX_FILE_BYTES,
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
    await rm(folder, { recursive: true, force: true });
  }
}

function end(io: Io, reason: string, exit: number): number {
  io.stderr(`phoenix setup: ${reason}\n`);
  return exit;
}
