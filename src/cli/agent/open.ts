// `phoenix open`: prints the address of a page and opens it in a browser if possible.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RunJson } from '../../agent/http/run-json.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import { isTargetName } from '../../model/target-name.ts';
import { EXIT, type Io } from '../io.ts';
import { agentUrl, type Client, ClientFailure, clientOf } from './client.ts';
import { resolveTargets } from './targets.ts';

export interface OpenArgs {
  /** A run `12`, a target `lxc/101`, or a step `12 lxc/101`; empty: the front page. */
  readonly what: readonly string[];
}

/** Programs that open an address in the default browser, by the freedesktop.org standard, and on macOS. */
const OPENERS: Readonly<Record<string, string>> = { linux: 'xdg-open', darwin: 'open' };
const ANSWERS_WITHIN_MS = 10_000;
/** In as many of the newest runs, the page of a target looks for its steps. */
const RUNS_LOOKED_AT = 100;

/** Prints the address of a page that is there. Only opens it on a terminal: scripts only want the address. @throws ClientFailure */
export async function openPage({ what }: OpenArgs, io: Io): Promise<number> {
  const path = pathOf(what);
  if (path === null) {
    io.stderr('phoenix open: name a run, such as 12, a target, such as lxc/101, or both\n');
    return EXIT.usage;
  }
  if (what.length > 0) await assertThere(clientOf(io), what);
  const address = `${agentUrl(io)}${path}`;
  io.verbatim(`${address}\n`);
  const opener = OPENERS[process.platform];
  const isSeen = process.platform !== 'linux' || Boolean(io.env['DISPLAY'] || io.env['WAYLAND_DISPLAY']);
  if (io.terminal?.stdout !== true || opener === undefined || !isSeen) return EXIT.done;
  if (!(await opened(opener, address, io.env)))
    io.stderr(`it could not be opened by ${opener}; open the address above\n`);
  return EXIT.done;
}

/** Whether the agent has what the page shows. One that this caller may not ask shows it in the browser. @throws ClientFailure */
async function assertThere(client: Client, [one = '', two]: readonly string[]): Promise<void> {
  try {
    if (isTargetName(one)) return await assertTarget(client, one);
    const { steps } = await client.get<RunJson>(`/runs/${one}`, ANSWERS_WITHIN_MS);
    if (two === undefined || steps.some(({ target }) => target === two)) return;
  } catch (error) {
    if (error instanceof ClientFailure && error.isUnauthorised) return;
    throw error;
  }
  throw new ClientFailure(`run ${one} has no step ${two}`, `phoenix runs ${one} names its steps`, EXIT.no);
}

/** The page of a target that was removed shows the steps that there were. @throws ClientFailure */
async function assertTarget(client: Client, target: TargetId): Promise<void> {
  try {
    await resolveTargets(client, [target], { must: true });
  } catch (error) {
    if (!(error instanceof ClientFailure) || error.isUnauthorised) throw error;
    const runs = await client.get<Run[]>(`/runs?limit=${RUNS_LOOKED_AT}`, ANSWERS_WITHIN_MS);
    if (!runs.some(({ steps }) => steps.some((step) => step.target === target))) throw error;
  }
}

/** Path of the page; null for invalid arguments. */
function pathOf(what: readonly string[]): string | null {
  const [one, two] = what;
  const pageOf = (word: string) => word.split('/').map(encodeURIComponent).join('/');
  if (one === undefined) return '/';
  if (two === undefined && isTargetName(one)) return `/targets/${pageOf(one)}`;
  if (!/^\d{1,15}$/.test(one)) return null;
  if (two === undefined) return `/runs/${one}`;
  return what.length === 2 && isTargetName(two) ? `/runs/${one}/${pageOf(two)}` : null;
}

/** Starts the browser detached and without a shell. */
async function opened(program: string, address: string, env: Io['env']): Promise<boolean> {
  const child = spawn(program, [address], { stdio: 'ignore', detached: true, env: { ...env } });
  child.unref();
  try {
    await once(child, 'spawn');
    return true;
  } catch {
    return false;
  }
}
