// Notifies the user of a certificate of a new one. A user that does not run need not be notified: it reads its files when it starts.

import type { Action, Command } from '../../model/action.ts';
import { freezerFile, isFrozen } from '../guest/observe/freezer.ts';
import { readAnswer } from '../guest/proxmox/answer.ts';
import { action, call, guestName, type Program, runInside } from '../guest/proxmox/command.ts';
import type { HostReader } from '../manager.ts';
import type { Hook } from './certificate-spec.ts';

/** `resting`: it is stopped or does not exist yet; `silent`: its VM runs, but the guest agent does not answer; `frozen`: its container stands still. */
export type UserState = 'ready' | 'resting' | 'silent' | 'frozen';

const HOOK_SECONDS = 300;
const LOOK_SECONDS = 60;

export async function observeUser(host: HostReader, hook: Hook): Promise<UserState> {
  const program = programOf(hook);
  const { exit, stdout } = await host.run(call(program, 'status', hook.guest));
  if (exit !== 0 || !/\bstatus: running\b/.test(stdout)) return 'resting';
  if (program === 'pct' && isFrozen(await host.readFile(freezerFile(hook.guest)))) return 'frozen';
  if (program === 'qm') {
    const ping = await host.run(pingOf(hook.guest));
    if (ping.exit !== 0) return 'silent';
  }
  const question = questionOf(hook);
  if (question === null) return 'ready';
  const command = runInside(program, hook.guest, question, LOOK_SECONDS);
  const answer = readAnswer(command, await host.run(command));
  return runs(hook, answer.exit, answer.stdout.trim()) ? 'ready' : 'resting';
}

function pingOf(id: number): Command {
  return { kind: 'command', program: 'qm', args: ['guest', 'cmd', String(id), 'ping'], timeoutSeconds: 30 };
}

/** The command that shows inside whether the user runs; null: it suffices that the guest runs. */
function questionOf(hook: Hook): readonly string[] | null {
  switch (hook.kind) {
    case 'service':
      return ['systemctl', 'is-active', hook.unit];
    case 'container':
      return ['docker', 'inspect', '--format', '{{.State.Running}}', hook.container];
    case 'exec':
      return null;
    default:
      return hook satisfies never;
  }
}

/** Whether the user runs. A failed service counts as running: it may have failed because of its certificate. */
function runs(hook: Hook, exit: number | null, answer: string): boolean {
  if (hook.kind === 'container') return exit === 0 && answer !== 'false';
  return exit === 0 || /^(activating|reloading|refreshing|failed)$/.test(answer);
}

/** The action that makes the user load the new certificate. */
export function hookAction(hook: Hook): Action {
  const program = programOf(hook);
  const where = guestName(program, hook.guest);
  const inside = (argv: readonly string[]): Command => runInside(program, hook.guest, argv, HOOK_SECONDS);
  switch (hook.kind) {
    case 'service':
      // A unit that cannot reload is restarted.
      return hook.verb === 'reload'
        ? action(`reload ${hook.unit} in ${where}`, 'live', inside(['systemctl', 'reload-or-restart', hook.unit]))
        : action(`restart ${hook.unit} in ${where}`, 'live', inside(['systemctl', 'restart', hook.unit]));
    case 'container':
      return action(
        `restart Docker container ${hook.container} in ${where}`,
        'live',
        inside(['docker', 'restart', hook.container]),
      );
    case 'exec':
      return action(`run ${hook.argv[0] ?? ''} in ${where}`, 'live', inside(hook.argv));
    default:
      return hook satisfies never;
  }
}

function programOf({ guestKind }: Hook): Program {
  return guestKind === 'lxc' ? 'pct' : 'qm';
}
