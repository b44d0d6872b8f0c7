// The part of a spec that containers and VMs share: the guest's final state, what is installed in it, and its firewall.

import { type TargetId, targetId } from '../../model/ids.ts';
import type { Config, Guest } from '../config.ts';
import { restsOn } from '../dependencies.ts';
import type { Wanted } from '../manager.ts';
import { type Notes, notesText, OWNER_TAG, repositoryName } from './observe/notes.ts';
import type { GuestOptions } from './options/option.ts';
import type { Firewall } from './proxmox/firewall.ts';
import { type Script, scriptsDigest } from './scripts/scripts.ts';
import type { SharedSettings } from './settings/values.ts';

/** The state in which Phoenix leaves a guest: a `template` is only cloned from and never started again. */
type Final = 'running' | 'stopped' | 'unmanaged' | 'template';

type Health = {
  readonly path: string | null;
  readonly blob: string | null;
  readonly argv: readonly string[];
  readonly retries: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
};

export type GuestSpec = SharedSettings & {
  readonly id: number;
  /**
   * Not a setting of the host. It is part of the spec so that a commit that only sets it is applied, and so that it is still known once the guest is
   * no longer in the files.
   */
  readonly protected: boolean;
  /** Declared tags and Phoenix's own, sorted. */
  readonly tags: readonly string[];
  /** The declared description, which is written into Phoenix's block of the notes. */
  readonly notes: string;
  /** Empty: not declared. */
  readonly nameservers: readonly string[];
  /** Null: not declared, and therefore not compared. */
  readonly searchdomain: string | null;
  /** Null: not declared. */
  readonly pool: string | null;
  /**
   * Time limit of a Proxmox task for the guest, in seconds. Not a setting of the host: it is part of the spec so that it is still known once the
   * guest is no longer in the files. Null: not declared.
   */
  readonly taskTimeoutSeconds: number | null;
  /** Options that the file declares by Proxmox's own names. */
  readonly options: GuestOptions;
  readonly firewall: Firewall | null;
  readonly final: Final;
  readonly scripts: readonly Script[];
  /** Snapshots at stages of the installation, taken once and never replaced. */
  readonly snapshots: {
    readonly beforeScripts: string | null;
    readonly atEnd: string | null;
    /** Clones are created from it, so the guest is not complete without it. */
    readonly template: string | null;
  };
  readonly health: Health | null;
};

/**
 * The targets that must be applied first: its clone source, its dependencies and the parts of the environment that it uses. Undeclared guests are
 * left out, since the configuration reports them.
 */
export function guestNeeds(guest: Guest, config: Config): TargetId[] {
  const ids = new Set([...(guest.cloneFrom === null ? [] : [guest.cloneFrom]), ...guest.dependencies]);
  const guests = [...ids]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const needed = config.guests.get(id);
      return needed === undefined || id === guest.id ? [] : [targetId(needed.kind, id)];
    });
  return [...new Set([...guests, ...restsOn(guest, config)])];
}

/** The part of the spec that does not depend on the kind. */
export function guestSpec(
  guest: Guest,
  settings: SharedSettings,
  own: Pick<GuestSpec, 'firewall' | 'final' | 'scripts' | 'snapshots'>,
): GuestSpec {
  const health = guest.healthCheck;
  return {
    id: guest.id,
    protected: guest.protected,
    ...settings,
    tags: [...new Set([...guest.tags, OWNER_TAG])].sort(),
    notes: notesText(guest.description),
    nameservers: guest.network.nameservers,
    searchdomain: guest.network.searchdomain,
    pool: guest.pool,
    taskTimeoutSeconds: guest.taskTimeoutSeconds,
    options: guest.options,
    health:
      health === null
        ? null
        : {
            path: health.script?.path ?? null,
            blob: health.script?.blob ?? null,
            argv: health.argv,
            retries: health.retries,
            intervalSeconds: health.intervalSeconds,
            timeoutSeconds: health.timeoutSeconds,
          },
    ...own,
  };
}

/** Whether a new guest is ever started: a template, or one that stays stopped, only where something is done inside it first. */
export function isStarted({ final, scripts }: GuestSpec): boolean {
  return final === 'running' || final === 'unmanaged' || scripts.length > 0;
}

/** Whether a guest that stays stopped has everything installed: it cannot be inspected, so its snapshot or its notes are the proof. */
export function isInstalled(spec: GuestSpec, notes: Notes | null, snapshots: readonly string[]): boolean {
  const { template } = spec.snapshots;
  if (template !== null && spec.final === 'stopped') return snapshots.includes(template);
  return spec.scripts.length === 0 || notes?.scripts === scriptsDigest(spec.scripts);
}

/** Whether the last applied spec had the same scripts: then its proof still holds without an inspection. */
export function sameScripts(wanted: Wanted<GuestSpec>, spec: GuestSpec): boolean {
  if (spec.scripts.length === 0) return true;
  return JSON.stringify(marksOf(wanted.before)) === JSON.stringify(marksOf(spec));
}

function marksOf(spec: GuestSpec | undefined): unknown {
  return spec?.scripts.map(({ name, mark }) => [name, mark]) ?? null;
}

/** The notes of a newly created guest. */
export function firstNotes(wanted: Wanted<GuestSpec>, spec: Pick<GuestSpec, 'notes'>, building: boolean): Notes {
  return {
    text: '',
    ...(spec.notes === '' ? {} : { description: spec.notes }),
    repository: repositoryName(wanted.origin),
    target: wanted.target,
    commit: wanted.origin.commit,
    building,
    scripts: null,
  };
}
