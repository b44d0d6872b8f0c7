// Runs Docker inside a VM, by the guest agent: arguments are a list, and secrets are passed on standard input.

import type { ComposeMention } from '../../compose/contents.ts';
import type { Action, Content, SecretReference } from '../../model/action.ts';
import { programWords } from '../../model/failure.ts';
import type { Impact } from '../../model/plan.ts';
import type { CommandResult } from '../../ports/host.ts';
import { differenceAt, type FoundDifference } from '../comparison.ts';
import { confPath } from '../guest/observe/observe.ts';
import { readAnswer } from '../guest/proxmox/answer.ts';
import { action, runInside } from '../guest/proxmox/command.ts';
import type { HostReader } from '../manager.ts';
import type { StackEnvironment } from '../stack/declared.ts';
import type { VmGuest } from '../vm/declared.ts';

/** In seconds; includes pulling images. */
export const PULL_SECONDS = 900;
const SECONDS = 60;

interface More {
  readonly seconds?: number;
  readonly stdin?: Content;
  readonly impact?: Impact;
}

export function inVm(vm: number, summary: string, argv: readonly string[], more: More = {}): Action {
  const { seconds = SECONDS, stdin, impact = 'live' } = more;
  return action(`${summary} in VM ${vm}`, impact, runInside('qm', vm, argv, seconds, stdin));
}

/** Writes a file into a VM and creates its folder, which is accessible to root only; Docker can mount single files anyway. */
export function putFile(vm: number, path: string, content: Content, mode: string): Action[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return [inVm(vm, `make ${folder}`, ['install', '-d', '-m', '700', folder]), writeFileInVm(vm, path, content, mode)];
}

/** Writes a file into an existing folder of a VM. */
export function writeFileInVm(vm: number, path: string, content: Content, mode: string): Action {
  return inVm(vm, `write ${path}`, ['install', '-m', mode, '/dev/stdin', path], { stdin: content });
}

/** Output of a program in a VM, or why it could not be run or failed. */
export type VmResult = { readonly stdout: string } | { readonly failure: string; readonly stderr: string };

export async function runInVm(host: HostReader, vm: number, argv: readonly string[]): Promise<VmResult> {
  const command = runInside('qm', vm, argv, SECONDS);
  const result = readAnswer(command, await host.run(command));
  return result.exit === 0
    ? { stdout: result.stdout }
    : { failure: failureOf(vm, argv, result), stderr: result.stderr };
}

function failureOf(vm: number, argv: readonly string[], { exit, ended, stderr }: CommandResult): string {
  const said = stderr.trim().split('\n').at(-1);
  return `${argv.slice(0, 2).join(' ')} in VM ${vm}: ${said === undefined || said === '' ? (ended === 'exited' ? `exit ${exit}` : ended) : programWords(said)}`;
}

/** Whether the VM exists on the node, running or not. */
export async function isThere(host: HostReader, vm: number): Promise<boolean> {
  return (await host.readFile(confPath('qm', vm))) !== undefined;
}

/** A Docker volume bound to a folder of the VM. Plain JSON. */
export type Volume = { readonly name: string; readonly folder: string };

/** The VM's mounted folders that a stack uses as external volumes. */
export function volumesFor(vm: VmGuest, mentioned: readonly ComposeMention[]): Volume[] {
  const names = new Set(mentioned.map(({ name }) => name));
  return vm.volumes
    .filter(({ name }) => names.has(name))
    .map(({ name, mountPoint }) => ({ name, folder: mountPoint }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Folders by the names of existing volumes; empty for a volume without a folder. Null where they could not be read. */
export async function foldersOf(
  host: HostReader,
  vm: number,
  volumes: readonly Volume[],
): Promise<ReadonlyMap<string, string> | { readonly failure: string }> {
  if (volumes.length === 0) return new Map();
  const asked = await runInVm(host, vm, ['docker', 'volume', 'ls', '--format', '{{.Name}}']);
  if ('failure' in asked) return asked;
  const there = new Set(asked.stdout.split('\n'));
  const names = volumes.map(({ name }) => name).filter((name) => there.has(name));
  if (names.length === 0) return new Map();
  const shown = await runInVm(host, vm, ['docker', 'volume', 'inspect', ...names]);
  if ('failure' in shown) return shown;
  const found = JSON.parse(shown.stdout) as { Name?: string; Options?: { device?: string } | null }[];
  return new Map(found.map(({ Name = '', Options }) => [Name, Options?.device ?? '']));
}

/** Actions that create missing volumes; a sentence where a volume has another folder, whose data may be needed. */
export function volumeActions(
  vm: number,
  volumes: readonly Volume[],
  folders: ReadonlyMap<string, string>,
): readonly Action[] | string {
  const wrong = volumes.find(({ name, folder }) => folders.has(name) && folders.get(name) !== folder);
  if (wrong !== undefined) {
    const shows = folders.get(wrong.name) || 'data of its own';
    return `volume ${wrong.name} in VM ${vm} holds ${shows} instead of ${wrong.folder}; when nobody needs it, remove it with docker volume rm, then replay`;
  }
  return volumes.filter(({ name }) => !folders.has(name)).map((volume) => createVolume(vm, volume));
}

/** The volumes that are missing or bound to another folder; none where they were not read. */
export function volumeDifferences(
  volumes: readonly Volume[],
  folders: ReadonlyMap<string, string> | null,
): FoundDifference[] {
  if (folders === null) return [];
  return volumes.flatMap(({ name, folder }) => differenceAt([`volume ${name}`], folder, folders.get(name) ?? null));
}

/** An existing volume stays as it is. */
function createVolume(vm: number, { name, folder }: Volume): Action {
  const options = ['--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${folder}`];
  return inVm(vm, `create volume ${name}`, ['docker', 'volume', 'create', '--driver', 'local', ...options, name]);
}

/** A variable of a stack, plain JSON. Null: a plain-text secret, which is never passed on. */
export type Variable = { readonly name: string; readonly value: string | SecretReference | null };

export function variablesOf({ variables }: Pick<StackEnvironment, 'variables'>): Variable[] {
  return variables.map(({ name, value, secret }) => {
    if (typeof value !== 'string') return { name, value };
    return { name, value: secret ? null : value };
  });
}

/** What to do about plain-text secrets in the repository; null where there are none. */
export function plainSecretsIn(variables: readonly Variable[]): string | null {
  const plain = variables.filter(({ value }) => value === null).map(({ name }) => name);
  if (plain.length === 0) return null;
  return `${plain.join(', ')}: a secret is not taken from the repository; put it into a file of the node and write {"$secret": "file:/etc/phoenix/secrets/…"} as the value`;
}
