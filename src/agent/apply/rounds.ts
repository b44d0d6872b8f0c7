// Selects the actions of one round: up to the first one whose precondition an earlier one may have invalidated, and none that an earlier round has
// already carried out. The next observation continues from there.

import { textDigest } from '../../managers/guest/digest.ts';
import type { Action, Command } from '../../model/action.ts';

/** The leading `actions` that are still based on what was observed, or on their own results, after `before` and after one another. */
export function stillApplicable(before: readonly Action[], actions: readonly Action[]): readonly Action[] {
  const end = actions.findIndex(({ do: what }, at) => {
    if (what.kind !== 'file' || what.expects === undefined) return false;
    const left = [...before, ...actions.slice(0, at)].map((earlier) => stateAfter(earlier, what.path));
    const last = left.findLast((state) => state !== 'as it was');
    return last !== undefined && last !== what.expects;
  });
  return end < 0 ? actions : actions.slice(0, end);
}

/** The state of a file after an action: as an `expects` value, or `as it was`, or `unknown`. */
function stateAfter({ do: what }: Action, path: string): string {
  switch (what.kind) {
    case 'file':
      if (what.path !== path) return 'as it was';
      return what.content.from === 'text' ? textDigest(what.content.text) : 'unknown';
    case 'lines':
      return what.path === path ? 'unknown' : 'as it was';
    case 'remove':
      return what.paths.includes(path) ? 'absent' : 'as it was';
    case 'place':
      return what.files.some(({ to }) => to === path) ? 'unknown' : 'as it was';
    case 'command':
      return mayChange(what, path) ? 'unknown' : 'as it was';
    case 'folder':
    case 'http':
    case 'signing':
      return 'as it was';
    default:
      return what satisfies never;
  }
}

/** Verbs that do not change the guest's configuration. */
const READING: ReadonlySet<string> = new Set(['status', 'exec', 'guest', 'config', 'list']);
/** Verbs that write or remove the firewall rules of a guest. */
const MOVING: ReadonlySet<string> = new Set(['clone', 'destroy']);

function mayChange({ program, args }: Command, path: string): boolean {
  if (program === 'apt-get') return path.startsWith('/etc/');
  const [, kind, id = ''] = /^\/etc\/pve\/(lxc|qemu-server|firewall)\/(\d+)\.(?:conf|fw)$/.exec(path) ?? [];
  if ((program !== 'pct' && program !== 'qm') || !args.includes(id)) return false;
  const verb = args[0] ?? '';
  return kind === 'firewall' ? MOVING.has(verb) : !READING.has(verb);
}

/** The actions that succeeded in earlier rounds. */
export class CarriedOut {
  readonly #done = new Set<string>();

  add(actions: readonly Action[]): void {
    for (const action of actions) for (const deed of deedsOf(action)) this.#done.add(deed);
  }

  /** The first action that would repeat an earlier one, which evidently had no effect. */
  repeatedIn(actions: readonly Action[]): Action | undefined {
    return actions.find((action) => deedsOf(action).some((deed) => this.#done.has(deed)));
  }
}

/** The effects of an action: each setting of a command separately. Empty for actions that may be repeated freely. */
function deedsOf(action: Action): string[] {
  const { do: what } = action;
  if (action.until !== undefined || action.failure === 'observe') return [];
  if (what.kind === 'file') return [JSON.stringify(['file', what.path, what.content, what.mode])];
  if (what.kind === 'lines') return what.lines.map((line) => JSON.stringify(['line', what.path, line]));
  if (what.kind !== 'command' || mayRepeat(what)) return [];
  const { program, args } = what;
  const [verb = '', id = '', ...words] = args;
  if ((program !== 'pct' && program !== 'qm') || verb !== 'set')
    return [JSON.stringify([program, args, what.stdin ?? null])];
  const settings = words.flatMap((word, at) => (at % 2 === 0 ? [[placeless(word), words[at + 1] ?? '']] : []));
  // The notes are sent with every change, with the same content.
  const decisive = settings.filter(([key]) => key !== '--description');
  return (decisive.length === 0 ? settings : decisive).map((setting) => JSON.stringify([program, id, ...setting]));
}

/** The option without its index: the same disk, mount or device at another index is the same effect. */
function placeless(option: string): string {
  return option.replace(/^(--(?:mp|dev|scsi|virtio|sata|ide))\d+$/, '$1');
}

/** Programs that start, reload, test or read: all of their verbs, or these. */
const REPEATABLE: Readonly<Record<string, readonly string[] | 'all'>> = {
  pct: ['start', 'shutdown', 'exec', 'status'],
  qm: ['start', 'shutdown', 'wait', 'guest', 'status'],
  'lxc-wait': 'all',
  pveam: ['update'],
  systemctl: 'all',
  'systemd-run': 'all',
  ifreload: 'all',
  testparm: 'all',
  dnsmasq: 'all',
  visudo: 'all',
  exportfs: 'all',
  'pve-firewall': 'all',
  'update-ca-certificates': 'all',
  openssl: 'all',
};

function mayRepeat({ program, args, stdin }: Command): boolean {
  const verbs = Object.hasOwn(REPEATABLE, program) ? REPEATABLE[program] : [];
  const isScript = args[0] === 'exec' && stdin !== undefined;
  return !isScript && (verbs === 'all' || (verbs ?? []).includes(args[0] ?? ''));
}
