// Asks the node whether it reads the lines of a guest's file of which something is unknown here. Proxmox drops such a line of a VM with its next change,
// and does not start a container with one; a Proxmox of another version may read it, so the table of one version must not decide it. Asked only where
// the guest is not as it should be and the file has such a line: one command, and one for each snapshot with such a line. Asked also where the guest is
// refused as it is declared: the step decides without the fields that are left to people, and a change may be due without them.

import type { Command } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import { holdsVolume } from '../../../proxmox/guests/file-values.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { call, type Program } from '../proxmox/command.ts';
import { type GuestConf, isAmbiguous, PENDING_OF_VM, type SectionLine, type Settings } from '../proxmox/conf.ts';
import { isSettled } from './inventory.ts';
import type { GuestObservation } from './observation.ts';
import { failedRead } from './observe.ts';

type Reader = Pick<HostReader, 'run'>;

/**
 * The observation in which those lines are `misread` that the node does not read.
 *
 * @param decide the decision of the kind, to see whether nothing is to be done; null where something is in any case, as for a start
 * @throws Error where the node does not answer
 */
export async function withUnreadLines<Spec extends GuestSpec>(
  host: Reader,
  program: Program,
  wanted: Wanted<Spec>,
  seen: GuestObservation,
  decide: ((wanted: Wanted<Spec>, seen: GuestObservation) => Decision) | null,
): Promise<GuestObservation> {
  const { conf } = seen;
  if (conf === null || conf.unknown.length === 0) return seen;
  if (decide !== null && !isAmbiguous(conf) && isSettled(decide(wanted, seen))) return seen;
  const id = Number(nameOf(wanted.target));
  const unread = program === 'pct' ? await unreadOfContainer(host, id, conf) : await unreadOfMachine(host, id, conf);
  return { ...seen, conf: withMisread(conf, unread) };
}

/** In place of a line that is not read, the value of an earlier one counts where there is one. */
function withMisread(conf: GuestConf, unread: readonly SectionLine[]): GuestConf {
  const main = unread.filter(({ section }) => section === '');
  const pending = unread.filter(({ section }) => section === PENDING_OF_VM);
  // Beside an earlier line, only a volume can be lost: this one may name another.
  const lost = unread.filter(({ key, earlier }) => earlier === undefined || holdsVolume('qemu', key));
  const lostOfMain = lost.filter(({ section }) => section === '');
  return {
    ...conf,
    settings: { ...conf.settings, ...earlierOf(main) },
    pending: { ...conf.pending, ...earlierOf(pending) },
    misread: { ...conf.misread, ...Object.fromEntries(lostOfMain.map(({ key, value }) => [key, value])) },
    misreadElsewhere: [...conf.misreadElsewhere, ...lost.filter(({ section }) => section !== '')],
  };
}

function earlierOf(lines: readonly SectionLine[]): Settings {
  return Object.fromEntries(lines.flatMap(({ key, earlier }) => (earlier === undefined ? [] : [[key, earlier]])));
}

/** Proxmox lists what it reads of a VM's file, and nothing of the other lines. With what it shows instead of a line, if anything. */
async function unreadOfMachine(host: Reader, id: number, { unknown }: GuestConf): Promise<SectionLine[]> {
  const sections = [...new Set(unknown.map(({ section }) => (section === PENDING_OF_VM ? '' : section)))];
  const read = new Map((await Promise.all(sections.map((section) => readOfSection(host, id, section)))).flat());
  return unknown.flatMap((line) => {
    const shown = read.get(placeOf(line.section, line.key));
    if (shown === undefined) return [line];
    return isShown(line, shown) ? [] : [{ ...line, earlier: shown }];
  });
}

/** Whether Proxmox shows this line, not an earlier one of the same key: of what only this one says, it shows a part. It orders the parts anew. */
function isShown({ value, earlier }: SectionLine, shown: string): boolean {
  if (earlier === undefined) return true;
  const before = earlier.split(',');
  const own = value.split(',').filter((part) => !before.includes(part));
  return own.length === 0 || own.some((part) => shown.split(',').includes(part));
}

/** What the node reads, by its place: of the main section, with what is pending. (pve-guest-common, PVE/GuestHelpers.pm, format_pending) */
async function readOfSection(host: Reader, id: number, section: string): Promise<[place: string, value: string][]> {
  if (section !== '') {
    const lines = (await answerOf(host, call('qm', 'config', id, ['--snapshot', section]))).matchAll(
      /^([a-z][\w-]*): (.*)$/gm,
    );
    return [...lines].map(([, key = '', value = '']) => [placeOf(section, key), value]);
  }
  const lines = (await answerOf(host, call('qm', 'pending', id))).matchAll(/^(cur|new|del) ([a-z][\w-]*): (.*)$/gm);
  return [...lines].map(([, state, key = '', value = '']) => [
    placeOf(state === 'new' ? PENDING_OF_VM : '', key),
    value,
  ]);
}

function placeOf(section: string, key: string): string {
  return `[${section}] ${key}`;
}

async function answerOf(host: Reader, command: Command): Promise<string> {
  const result = await host.run(command);
  if (result.exit !== 0) throw failedRead(command.args, 'qm', result);
  return result.stdout;
}

/**
 * Proxmox keeps each line of a container's file, shows those of the main section, and fails for a value that has not the form of its option, with the
 * names of these. Its warnings do not count: they do not say the section of a line.
 * (pve-container, PVE/LXC/Config.pm, parse_pct_config; pve-common, PVE/RESTHandler.pm, handle)
 */
async function unreadOfContainer(host: Reader, id: number, { unknown }: GuestConf): Promise<SectionLine[]> {
  const command = call('pct', 'config', id, ['--current', '1']);
  const result = await host.run(command);
  if (result.exit === 0) return [];
  const [, unfit = ''] = result.stderr.split(/^(?:400 )?Result verification failed$/m);
  const named = new Set([...unfit.matchAll(/^([a-z]\w*):/gm)].map(([, key]) => key));
  // A faulty line that is known here, as "memory: 1G", says nothing about the others.
  if (named.size === 0) throw failedRead(command.args, 'pct', result);
  return unknown.filter(({ key }) => named.has(key));
}
