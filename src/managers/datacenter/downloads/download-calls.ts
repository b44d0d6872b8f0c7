// What Proxmox is told to bring a file to a storage, to compare it, and to delete it.

import type { Action } from '../../../model/action.ts';
import type { JsonObject } from '../../../model/json.ts';
import { fileVolume } from '../../../proxmox/storages/files.ts';

/** Images are large, and lines slow. */
const DOWNLOAD_SECONDS = 3600;
const DELETE_SECONDS = 60;

/** `local:iso/debian.iso`. */
export function volumeOf({ storage, content, filename }: JsonObject): string {
  return fileVolume(String(storage), String(content), String(filename));
}

export function download(spec: JsonObject): Action {
  return fetching(`download ${String(spec['filename'])} to ${String(spec['storage'])}`, spec);
}

/** Proxmox compares the checksum of a file that is there, and leaves it as it is either way. */
export function check(spec: JsonObject): Action {
  return {
    ...fetching(`see that ${volumeOf(spec)}, which is there, has its checksum`, spec),
    remedy: 'declare the file under another filename, or delete it on the storage, then replay',
  };
}

function fetching(summary: string, spec: JsonObject): Action {
  return 'reference' in spec
    ? creation(summary, spec, 'oci-registry-pull', pulledFrom(spec))
    : creation(summary, spec, 'download-url', fetchedFrom(spec));
}

/** Proxmox puts the ending behind the name itself (pve-storage, PVE/API2/Storage/Status.pm). */
function pulledFrom({ filename, reference }: JsonObject): string[] {
  return ['--filename', String(filename).replace(/\.tar$/, ''), '--reference', String(reference)];
}

function fetchedFrom(spec: JsonObject): string[] {
  const args = ['content', 'filename', 'url', 'checksum', 'checksum-algorithm', 'compression'].flatMap((option) =>
    spec[option] === undefined ? [] : [`--${option}`, String(spec[option])],
  );
  return [...args, ...(spec['verify-certificates'] === false ? ['--verify-certificates', '0'] : [])];
}

function creation(summary: string, { storage }: JsonObject, call: string, args: readonly string[]): Action {
  return {
    summary,
    impact: 'live',
    do: {
      kind: 'command',
      program: 'pvesh',
      args: ['create', `/nodes/localhost/storage/${String(storage)}/${call}`, ...args],
      timeoutSeconds: DOWNLOAD_SECONDS,
      answer: 'task',
    },
  };
}

export function deletion(volume: string, impact: 'destroy' | 'recreate'): Action {
  const args = ['free', volume];
  return {
    summary: `delete ${volume}`,
    impact,
    do: { kind: 'command', program: 'pvesm', args, timeoutSeconds: DELETE_SECONDS, answer: 'task' },
  };
}
