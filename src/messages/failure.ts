// How a failed action is told: what ran, how it ended, the line that tells why, and what to do where that is known.

import type { Action } from '../model/action.ts';
import { failureText } from '../model/failure.ts';
import type { CommandResult } from '../ports/host.ts';

interface KnownFailure {
  /** As `phoenix explain` names it. */
  readonly code: string;
  /** What the program says of it. */
  readonly says: RegExp;
  readonly means: string;
  /** Short enough to stand in a status beside what failed. */
  readonly remedy: string;
}

/** The messages of Proxmox that people meet most, with what to do about them. The first that a text has is meant. */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    code: 'LOCK_TIMEOUT',
    says: /can't lock file|got timeout/i,
    means: 'Another program works on the guest or the storage, and did not end in time.',
    remedy: 'replay when what else works on it has ended',
  },
  {
    code: 'GUEST_LOCKED',
    says: /CT is locked|VM is locked/i,
    means: 'A backup, migration, snapshot or clone holds the guest, or held it when it was broken off.',
    remedy: 'unlock it when nothing works on it any more, then replay',
  },
  {
    code: 'STORAGE_FULL',
    says: /no space left|out of space/i,
    means: 'The storage has no room for what is to be written.',
    remedy: 'make room on the storage, then replay',
  },
  {
    code: 'STORAGE_MISSING',
    says: /storage '[^']*' does not exist/i,
    means: 'The configuration names a storage that the host does not have.',
    remedy: 'add the storage to the host or name another, then push',
  },
  {
    code: 'SNAPSHOT_NOT_NEWEST',
    says: /is not most recent snapshot/i,
    means: 'ZFS goes back to the newest snapshot alone, and somebody took one after that of Phoenix.',
    remedy: 'remove the newer snapshots, if they may go, and roll back by hand',
  },
  {
    code: 'NO_SNAPSHOTS',
    says: /snapshot feature is not available/i,
    means: 'A disk of the guest lies on a storage that has no snapshots.',
    remedy: 'turn rollback_on_failure off, or move it to a storage that can snapshot',
  },
  {
    code: 'IMAGE_NAME_TAKEN',
    says: /checksum mismatch.*aborting/i,
    means: 'A file of that name lies on the node, and is not the one that is declared.',
    remedy: 'remove the other file of that name on the node, or name the image otherwise, then replay',
  },
  {
    code: 'CHECKSUM_MISMATCH',
    says: /checksum mismatch/i,
    means: 'What was downloaded is not what the checksum says.',
    remedy: "compare template_image_sha256 with the publisher's list, then push",
  },
  {
    code: 'CONTENT_TYPE',
    says: /is not configured for content[ -]type/i,
    means: 'The storage is not set to take disks, images or templates of this kind.',
    remedy: 'let the storage take it, with `pvesm set` and its content types, then replay',
  },
  {
    code: 'STORAGE_OFFLINE',
    says: /storage '[^']*' is not online|connection check for storage|error fetching datastores|cannot find datastore/i,
    means:
      'The server of the storage does not answer, or does not have what is named there. Proxmox adds no storage that it cannot reach.',
    remedy: 'start the server or correct its name, or disable the storage in the file until it is there, then replay',
  },
  {
    code: 'STORAGE_NOT_MOUNTED',
    says: /expected to be a mount point but is not mounted/i,
    means: 'The folder of the storage is declared as a mount, and nothing is mounted there.',
    remedy: 'mount it, or name another path in is_mountpoint, then replay',
  },
  {
    code: 'STORAGE_INACTIVE',
    says: /could not activate storage|does not exist or is unreachable|failed to create content directory|no such logical volume/i,
    means: 'The pool, volume group or folder of the storage is not on the node.',
    remedy: 'make it on the node, or correct what the storage names, then replay',
  },
  {
    code: 'SERVER_NOT_REACHED',
    says: /can't connect to \w+ api|dns api error|couldn't create (?:carbon|influxdb) socket|connection test failed/i,
    means: 'An IPAM, a DNS server or a metric server does not answer. Proxmox asks each before it writes it down.',
    remedy: 'start the server, or correct its address and secret, then replay',
  },
  {
    code: 'DNSMASQ_MISSING',
    says: /missing 'dnsmasq' package/i,
    means: 'A zone gives out addresses by DHCP, and the node has no dnsmasq.',
    remedy: 'install it on each node with apt install dnsmasq and systemctl disable --now dnsmasq, then replay',
  },
  {
    code: 'HA_ERROR_STATE',
    says: /in error state, must be disabled and fixed first/i,
    means: 'HA gave the guest up after failures, and takes no other state before somebody has looked.',
    remedy: 'set it to disabled with ha-manager, find out why it failed, then replay',
  },
  {
    code: 'HA_RULES_CONFLICT',
    says: /rule '[^']*' is invalid/i,
    means: 'A rule of HA contradicts one that people made, or names more resources to keep apart than there are nodes.',
    remedy: 'compare it with those under Datacenter, HA, then push',
  },
  {
    code: 'NOTHING_TO_REPLICATE',
    says: /no replicatable volumes found|missing replicate feature/i,
    means: 'A disk of the guest is on a storage that cannot be copied to another node, or it has none.',
    remedy: 'move its disks to ZFS, or set replicate=0 at those that are not copied, then replay',
  },
  {
    code: 'TEMPLATE_MISSING',
    says: /template: no such template/i,
    means: "The template is not in Proxmox's list: it was replaced by a newer one, or its name is misspelt.",
    remedy: 'name one that `pveam available` lists, or put the file on the storage, then replay',
  },
  {
    code: 'NOT_ROOT',
    says: /permission denied|permission check failed/i,
    means: 'Phoenix runs on the node as a user that may not do this.',
    remedy: 'run Phoenix as root on the node',
  },
];

/** Undefined for a text that says nothing known. */
export function knownFailure(text: string): KnownFailure | undefined {
  return KNOWN_FAILURES.find(({ says }) => says.test(text));
}

/** For example `pct start 101: exit 255: CT is locked (backup); …`. */
export function actionFailure(action: Action, result: CommandResult): string {
  const what = action.do.kind === 'command' ? `${action.do.program} ${firstWords(action.do.args)}` : action.summary;
  const why = errorLine(result.stderr) ?? errorLine(result.stdout);
  const known = knownFailure(`${result.stderr}\n${result.stdout}`)?.remedy ?? null;
  const remedy = action.remedy ?? known;
  const told = [endInWords(action, result), why].filter((part) => part !== undefined);
  return failureText({ what: what.trim(), why: told.join(': '), remedy });
}

/** The last line that is not empty, a line that speaks of an error before others. */
export function errorLine(output: string): string | undefined {
  const lines = output.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  // What nginx stopped at, before the line that only says that it did.
  const stopped = lines.findLast((line) => /\[(emerg|alert|crit)\]/.test(line));
  if (stopped !== undefined) return stopped;
  return lines.findLast((line) => /error|fail|cannot|can't|unable|not |invalid|no such/i.test(line)) ?? lines.at(-1);
}

/** Undefined where what was said of it says it all. */
function endInWords({ do: { kind } }: Action, { exit, ended }: CommandResult): string | undefined {
  switch (ended) {
    case 'exited':
      if (kind === 'command') return `exit ${exit}`;
      return kind === 'http' && exit !== null && exit > 1 ? `status ${exit}` : undefined;
    case 'not found':
      return 'there is no such program on the node';
    case 'timed out':
      return 'took too long and was stopped';
    case 'aborted':
    case 'killed':
      return 'was stopped';
    case 'unknown':
      return 'lost, and its end is not known';
    case 'not started':
      return 'not started';
    default:
      return ended satisfies never;
  }
}

/** The verb and what it acts on: options may be long and say little. */
function firstWords(args: readonly string[]): string {
  return args.slice(0, 2).join(' ');
}
