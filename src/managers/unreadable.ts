// What is written but unreadable or invalid. It may stand for anything, so no rule may conclude from it that something is missing or does not fit.

import { HYPERVISOR_FILE, LXC_FILE, VM_FILE } from './places.ts';

/** Filled while files are read; rules only query it. */
export class Unreadable {
  readonly #guests = new Set<number>();
  readonly #files = new Set<string>();
  readonly #hostParts = new Set<string>();
  readonly #addresses = new Set<number>();
  #someGuest = false;

  /** A guest whose entry is unreadable; null when even its id is unknown. */
  addGuest(id: number | null): void {
    this.#someGuest = true;
    if (id !== null) this.#guests.add(id);
    else this.#files.add(VM_FILE);
  }

  /** A file that is unreadable, as a whole or in part. */
  addFile(path: string): void {
    this.#files.add(path);
    if (path === LXC_FILE || path === VM_FILE) this.#someGuest = true;
  }

  /** A top-level field of the hypervisor's file; the rest of the file was readable. */
  addHostPart(name: string): void {
    this.#hostParts.add(name);
  }

  /** A guest with an invalid address. */
  addAddress(id: number): void {
    this.#addresses.add(id);
  }

  /** Whether the guest may have an address other than the written one. */
  address(id: number): boolean {
    return this.#addresses.has(id);
  }

  /** Whether an unknown address may belong to some guest. */
  get someAddress(): boolean {
    return this.#someGuest || this.#addresses.size > 0;
  }

  /** Whether there may be a guest with this id. */
  guest(id: number): boolean {
    return this.#guests.has(id) || this.file(LXC_FILE) || this.file(VM_FILE);
  }

  /** Whether there may be a guest of which nothing is known. */
  get someGuest(): boolean {
    return this.#someGuest;
  }

  /** Whether the file may contain more than what could be read. */
  file(path: string): boolean {
    return this.#files.has(path);
  }

  /** Whether one of these top-level fields of the hypervisor's file may differ from what is known. */
  host(...parts: readonly string[]): boolean {
    return this.file(HYPERVISOR_FILE) || parts.some((part) => this.#hostParts.has(part));
  }

  /** Whether everything was readable. */
  get nothing(): boolean {
    return !this.#someGuest && this.#files.size === 0 && this.#hostParts.size === 0;
  }
}
