// What is written and could not be read, or is wrong in itself. It may be anything, so no rule may say that something is not there, or
// does not fit, because of it.

import { HYPERVISOR_FILE, LXC_FILE, VM_FILE } from './places.ts';

/** Filled while the files are read; rules only ask. */
export class Unreadable {
  readonly #guests = new Set<number>();
  readonly #files = new Set<string>();
  readonly #hostParts = new Set<string>();
  readonly #addresses = new Set<number>();
  #someGuest = false;

  /** A guest whose entry could not be read; null when not even its id could. */
  addGuest(id: number | null): void {
    this.#someGuest = true;
    if (id !== null) this.#guests.add(id);
    else this.#files.add(VM_FILE);
  }

  /** A file as a whole, or some entry of it. */
  addFile(path: string): void {
    this.#files.add(path);
    if (path === LXC_FILE || path === VM_FILE) this.#someGuest = true;
  }

  /** A field at the top of the file of the hypervisor: the rest of it could be read. */
  addHostPart(name: string): void {
    this.#hostParts.add(name);
  }

  /** A guest with an address that cannot be meant. */
  addAddress(id: number): void {
    this.#addresses.add(id);
  }

  /** The guest may have another address than the one that is written. */
  address(id: number): boolean {
    return this.#addresses.has(id);
  }

  /** An address that nobody has may be that of some guest. */
  get someAddress(): boolean {
    return this.#someGuest || this.#addresses.size > 0;
  }

  /** There may be a guest with this id. */
  guest(id: number): boolean {
    return this.#guests.has(id) || this.file(LXC_FILE) || this.file(VM_FILE);
  }

  /** There may be a guest that nothing is known of. */
  get someGuest(): boolean {
    return this.#someGuest;
  }

  /** The file may hold more than what is known of it. */
  file(path: string): boolean {
    return this.#files.has(path);
  }

  /** The file of the hypervisor may say something else than is known in one of these fields at its top. */
  host(...parts: readonly string[]): boolean {
    return this.file(HYPERVISOR_FILE) || parts.some((part) => this.#hostParts.has(part));
  }

  /** Everything that is written could be read. */
  get nothing(): boolean {
    return !this.#someGuest && this.#files.size === 0 && this.#hostParts.size === 0;
  }
}
