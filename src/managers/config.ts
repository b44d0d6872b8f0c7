// The configuration as the rest of Phoenix sees it: every file of the config repo read, each value in one form. What people write is
// described by the schema of each kind, which turns it into its part of this. Of a guest's settings only what is declared stands here:
// null is what nobody declared, and guest/creation-defaults.ts says what a new guest gets in its place.

import type { Certificate } from './certificate/declared.ts';
import type { Hypervisor } from './hypervisor/declared.ts';
import type { LxcGuest } from './lxc/declared.ts';
import type { Stack } from './stack/declared.ts';
import type { VmGuest } from './vm/declared.ts';

/** A kind that no other reads adds its part in its own folder (docs/develop/new-kind.md). */
export interface Config {
  /** By ascending id. An id that was declared twice stands here twice. */
  readonly lxc: readonly LxcGuest[];
  /** By ascending id. An id that was declared twice stands here twice. */
  readonly vm: readonly VmGuest[];
  /** Containers and VMs by id, which they share; where an id was declared twice, the first. */
  readonly guests: ReadonlyMap<number, Guest>;
  readonly certificates: readonly Certificate[];
  /** Every folder below `stacks/` that has a manifest, by its name in alphabetical order. */
  readonly stacks: ReadonlyMap<string, Stack>;
  readonly hypervisor: Hypervisor;
}

export type Guest = LxcGuest | VmGuest;
