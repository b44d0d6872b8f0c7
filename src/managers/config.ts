// The configuration as the rest of Phoenix uses it: every file of the config repo, read and normalised. Its written form is described by the schema
// of each kind. Of a guest's settings only declared values are here: null means undeclared, and guest/creation-defaults.ts says what a new guest gets
// instead.

import type { Certificate } from './certificate/declared.ts';
import type { Hypervisor } from './hypervisor/declared.ts';
import type { LxcGuest } from './lxc/declared.ts';
import type { Stack } from './stack/declared.ts';
import type { VmGuest } from './vm/declared.ts';

/** A kind whose part no other kind reads declares it in its own folder (docs/develop/new-kind.md). */
export interface Config {
  /** By ascending id. An id that is declared twice is here twice. */
  readonly lxc: readonly LxcGuest[];
  /** By ascending id. An id that is declared twice is here twice. */
  readonly vm: readonly VmGuest[];
  /** Containers and VMs by id, in one namespace; where an id is declared twice, the first one. */
  readonly guests: ReadonlyMap<number, Guest>;
  readonly certificates: readonly Certificate[];
  /** Every folder below `stacks/` with a manifest, sorted by name. */
  readonly stacks: ReadonlyMap<string, Stack>;
  readonly hypervisor: Hypervisor;
}

export type Guest = LxcGuest | VmGuest;
