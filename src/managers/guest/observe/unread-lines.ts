// Asks the node whether it reads the lines of a guest's file of which something is unknown here. Proxmox drops such a line of a VM with its next change,
// and does not start a container with one; a Proxmox of another version may read it, so the table of one version must not decide it. Asked only where
// the guest is not as it should be and the file has such a line: one command, and one for each snapshot with such a line. Asked also where the guest is
// refused as it is declared: the step decides without the fields that are left to people, and a change may be due without them.

import type { Command } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import type { GuestSpec } from '../guest-spec.ts';
import { call, type Program } from '../proxmox/command.ts';
import { type GuestConf, PENDING_OF_VM, type SectionLine } from '../proxmox/conf.ts';
import type { GuestObservation } from './observation.ts';
import { failedRead } from './observe.ts';

type Reader = Pick<HostReader, 'run'>;

/**
 * The observation in which those lines are `misread` that the node does not read.
 *
 * @param decide the decision of the kind, to see whether nothing is to be done
 * @throws Error where the node does not answer
 */
export async function withUnreadLines<Spec extends GuestSpec>(
  host: Reader,
  program: Program,
  wanted: Wanted<Spec>,
  seen: GuestObservation,
  decide: (wanted: Wanted<Spec>, seen: GuestObservation) => Decision,
): Promise<GuestObservation> {
  const { conf } = seen;
  if (conf === null || conf.unknown.length === 0) return seen;
  const decision = decide(wanted, seen);
  if (decision.kind === 'actions' && decision.actions.length === 0) return seen;
  const id = Number(nameOf(wanted.target));
  const unread = program === 'pct' ? await unreadOfContainer(host, id, conf) : await unreadOfMachine(host, id, conf);
  return { ...seen, conf: withMisread(conf, unread) };
}

function withMisread(conf: GuestConf, unread: readonly SectionLine[]): GuestConf {
  const main = unread.filter(({ section }) => section === '').map(({ key, value }) => [key, value] as const);
  return {
    ...conf,
    misread: { ...conf.misread, ...Object.fromEntries(main) },
    misreadElsewhere: [...conf.misreadElsewhere, ...unread.filter(({ section }) => section !== '')],
  };
}

/** Proxmox lists what it reads of a VM's file, and nothing of the other lines. */
async function unreadOfMachine(host: Reader, id: number, { unknown }: GuestConf): Promise<SectionLine[]> {
  const sections = [...new Set(unknown.map(({ section }) => (section === PENDING_OF_VM ? '' : section)))];
  const read = await Promise.all(sections.map((section) => readOfSection(host, id, section)));
  const isRead = new Set(read.flat());
  return unknown.filter(({ section, key }) => !isRead.has(placeOf(section, key)));
}

/** The places of the lines that the node reads, of the main section with those that are pending. (pve-guest-common, PVE/GuestHelpers.pm, format_pending) */
async function readOfSection(host: Reader, id: number, section: string): Promise<string[]> {
  if (section !== '') {
    const lines = (await answerOf(host, call('qm', 'config', id, ['--snapshot', section]))).matchAll(
      /^([a-z][\w-]*): /gm,
    );
    return [...lines].map(([, key = '']) => placeOf(section, key));
  }
  const lines = (await answerOf(host, call('qm', 'pending', id))).matchAll(/^(cur|new|del) ([a-z][\w-]*): /gm);
  return [...lines].map(([, state, key = '']) => placeOf(state === 'new' ? PENDING_OF_VM : '', key));
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
