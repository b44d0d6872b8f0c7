// Docker inside a VM, by the guest agent: arguments are a list, and what is secret goes in on standard input.

import type { NfsVolume, VmGuest } from '../../config/config.ts';
import type { Action, Content } from '../../model/action.ts';
import type { CommandResult } from '../../ports.ts';
import { readAnswer } from '../guest/answer.ts';
import { action, runInside } from '../guest/command.ts';
import type { HostReader } from '../manager.ts';

/** Seconds: images are pulled on the way. */
const PULL_SECONDS = 900;
const SECONDS = 60;

export function inVm(vm: number, summary: string, argv: readonly string[], seconds = SECONDS, stdin?: Content): Action {
  return action(`${summary} in VM ${vm}`, 'live', runInside('qm', vm, argv, seconds, stdin));
}

export function pullAndRun(vm: number, summary: string, argv: readonly string[]): Action {
  return inVm(vm, summary, argv, PULL_SECONDS);
}

/** Puts a file into a VM, readable for root alone, in a folder of root's own. */
export function putFile(vm: number, path: string, content: Content, mode: string): Action[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return [
    inVm(vm, `make ${folder}`, ['install', '-d', '-m', '700', folder]),
    inVm(vm, `write ${path}`, ['install', '-m', mode, '/dev/stdin', path], SECONDS, content),
  ];
}

export async function askVm(host: HostReader, vm: number, argv: readonly string[]): Promise<CommandResult> {
  const command = runInside('qm', vm, argv, SECONDS);
  return readAnswer(command, await host.run(command));
}

/** Plain JSON: a Docker volume that shows a folder of the VM. */
export type Volume = { readonly name: string; readonly folder: string };

export function volumesOf(vm: VmGuest): Volume[] {
  return vm.volumes.map(({ name, mountPoint }: NfsVolume) => ({ name, folder: mountPoint }));
}

/** One that is there already stays. */
export function createVolume(vm: number, { name, folder }: Volume): Action {
  const options = ['--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${folder}`];
  return inVm(vm, `create volume ${name}`, ['docker', 'volume', 'create', '--driver', 'local', ...options, name]);
}
