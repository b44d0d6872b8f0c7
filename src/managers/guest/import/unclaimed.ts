// Tracks the settings of a guest's file during import: each is claimed by the field that covers it, wholly or by keys of its property string, and
// what remains cannot be declared.

import type { LeftOver } from '../../importer.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { type Properties, parseProperties } from '../proxmox/property-string.ts';

export class Unclaimed {
  readonly #settings: Map<string, string>;
  readonly #claimed = new Map<string, Set<string>>();
  readonly #bare = new Map<string, string>();
  readonly #conf: GuestConf;

  /** Settings with a pending change are set aside at once, since their value is ambiguous. */
  constructor(conf: GuestConf) {
    this.#conf = conf;
    const waiting = new Set([...Object.keys(conf.pending), ...conf.pendingDeletes]);
    this.#settings = new Map(Object.entries(conf.settings).filter(([key]) => !waiting.has(key)));
  }

  /** Keys of all present settings. */
  keys(): string[] {
    return [...this.#settings.keys()];
  }

  /** Claims a whole setting and returns its value. */
  claim(key: string): string | undefined {
    const value = this.#settings.get(key);
    this.#settings.delete(key);
    return value;
  }

  /** Returns the value without claiming it. */
  peek(key: string): string | undefined {
    return this.#settings.get(key);
  }

  /** A reader for a property string that claims each key as it is read. */
  properties(key: string, bare = ''): (name: string) => string | undefined {
    const text = this.#settings.get(key);
    const values: Properties = text === undefined ? {} : parseProperties(text, bare);
    const claimed = this.#claimed.get(key) ?? new Set<string>();
    if (text !== undefined) {
      this.#claimed.set(key, claimed);
      this.#bare.set(key, bare);
    }
    return (name) => {
      claimed.add(name);
      return values[name];
    };
  }

  /** Keys of all settings, also of those that have a pending change, are only pending, or cannot be read. */
  allKeys(): string[] {
    const { pending, pendingDeletes, unreadable } = this.#conf;
    return [...new Set([...this.keys(), ...Object.keys(pending), ...pendingDeletes, ...Object.keys(unreadable)])];
  }

  /** Whether it has a change that is pending until the next start. */
  isWaiting(key: string): boolean {
    return key in this.#conf.pending || this.#conf.pendingDeletes.includes(key);
  }

  /** Claims keys without reading them: those that Proxmox fills in itself. */
  pass(key: string, names: readonly string[], bare = ''): void {
    const read = this.properties(key, bare);
    for (const name of names) read(name);
  }

  /** Whether part of a setting was claimed, so that no other field may cover it too. */
  isClaimedInPart(key: string): boolean {
    return (this.#claimed.get(key)?.size ?? 0) > 0;
  }

  /** The unclaimed settings as they are in the file; of a partly claimed property string only the rest. */
  rest(): { readonly key: string; readonly value: string }[] {
    return [...this.#settings].flatMap(([key, text]) => {
      const claimed = this.#claimed.get(key);
      if (claimed === undefined) return [{ key, value: text }];
      const bare = this.#bare.get(key) ?? '';
      const parts = Object.entries(parseProperties(text, bare)).filter(([name]) => !claimed.has(name));
      const value = parts.map(([name, each]) => (name === bare || name === '' ? each : `${name}=${each}`)).join(',');
      return value === '' ? [] : [{ key, value }];
    });
  }

  /** Line of a setting in its file, from 1; 0 for none. Of two lines alike, the later counts. */
  lineOf(key: string): number {
    const lines = this.#conf.text.split('\n');
    const end = lines.findIndex((line) => line.startsWith('['));
    const main = end < 0 ? lines : lines.slice(0, end);
    return main.findLastIndex((line) => line.startsWith(`${key}:`)) + 1;
  }

  /** Settings with changes that are pending until the next start. */
  waiting(target: string, path: string): LeftOver[] {
    const keys = [...new Set([...Object.keys(this.#conf.pending), ...this.#conf.pendingDeletes])];
    return keys.map((key) => ({
      what: `${target} ${key} (${path}${this.lineOf(key) > 0 ? `:${this.lineOf(key)}` : ''})`,
      why: 'a change of it waits for the next start of the guest, so that nobody can say what it is meant to be: start the guest again, or take the change back, then import',
    }));
  }
}
