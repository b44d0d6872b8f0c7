// The limit of ZFS's cache (ARC): set immediately, and for every boot. The initramfs has its own copy of the setting, which is regenerated.

import type { Action } from '../../../model/action.ts';
import type { HostReader } from '../../manager.ts';
import { act, digest, MARK, NOTES, remove, run, textOf, write } from '../act.ts';

/** Sorted after the installer's own `zfs.conf`: the last file wins. */
export const CONF = '/etc/modprobe.d/zz-phoenix-zfs.conf';
const LIVE = '/sys/module/zfs/parameters/zfs_arc_max';
/** Digest of the settings that are in the initramfs. */
export const COPIED = `${NOTES}/storage/initramfs`;

export interface Cache {
  readonly conf: string | null;
  /** Null where ZFS is not loaded. */
  readonly live: string | null;
  readonly copied: string | null;
}

export async function observeCache(host: HostReader): Promise<Cache> {
  const [conf, live, copied] = await Promise.all([CONF, LIVE, COPIED].map((path) => textOf(host, path)));
  return { conf: conf ?? null, live: live?.trim() ?? null, copied: copied ?? null };
}

/** Why Phoenix does not manage the limit; null when it does. */
export function cacheRefusal(bytes: number | null, { conf }: Cache, adopted: boolean): string | null {
  const isForeign = bytes !== null && conf !== null && conf !== confText(bytes) && !conf.startsWith(MARK);
  if (!isForeign || adopted) return null;
  return `${CONF} is not ours: move it away, or take it over with phoenix adopt hypervisor/storage`;
}

/** @param bytes null: no limit by Phoenix */
export function cacheActions(bytes: number | null, { conf, live, copied }: Cache): Action[] {
  if (bytes === null) return noLimit({ conf, live, copied });
  const text = confText(bytes);
  const note = `${digest(text)}\n`;
  return [
    ...(live === null || live === String(bytes)
      ? []
      : [setLive(String(bytes), `let ZFS take ${gigabytes(bytes)} GB of memory`)]),
    ...(conf === text ? [] : [write('write the limit for the next start', CONF, text, conf)]),
    ...(copied === note ? [] : [copy(), write('record the limit in the initramfs', COPIED, note, copied)]),
  ];
}

function noLimit({ conf, live, copied }: Cache): Action[] {
  const isOurs = conf?.startsWith(MARK) === true;
  return [
    ...(isOurs && live !== null && live !== '0' ? [setLive('0', 'let ZFS choose how much memory it takes')] : []),
    ...(isOurs ? [remove('remove the limit', CONF)] : []),
    ...(copied === null ? [] : [copy(), remove('remove the record of the limit in the initramfs', COPIED)]),
  ];
}

export function confText(bytes: number): string {
  return `${MARK}\noptions zfs zfs_arc_max=${bytes}\n`;
}

function gigabytes(bytes: number): string {
  return String(Math.round((bytes / 1024 ** 3) * 10) / 10);
}

function setLive(text: string, summary: string): Action {
  return act(summary, run('tee', [LIVE], { stdin: { from: 'text', text: `${text}\n` } }));
}

function copy(): Action {
  return act('rebuild the initramfs', run('update-initramfs', ['-u', '-k', 'all'], { timeoutSeconds: 1800 }));
}
