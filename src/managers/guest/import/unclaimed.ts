// The settings of a guest's file while it is written down: each is claimed by the field that says it, whole or by keys of its property
// string, and what nobody claims is what the file has no words for.

import type { LeftOver } from '../../importer.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { type Properties, parseProperties } from '../proxmox/property-string.ts';

export class Unclaimed {
  readonly #settings: Map<string, string>;
  readonly #claimed = new Map<string, Set<string>>();
  readonly #bare = new Map<string, string>();
  readonly #conf: GuestConf;

  /** Of a setting with a change that waits nobody can say what it is: it is left at once. */
  constructor(conf: GuestConf) {
    this.#conf = conf;
    const waiting = new Set([...Object.keys(conf.pending), ...conf.pendingDeletes]);
    this.#settings = new Map(Object.entries(conf.settings).filter(([key]) => !waiting.has(key)));
  }

  /** Keys of settings that are there. */
  keys(): string[] {
    return [...this.#settings.keys()];
  }

  /** Claims it whole. */
  claim(key: string): string | undefined {
    const value = this.#settings.get(key);
    this.#settings.delete(key);
    return value;
  }

  /** Not claimed by that. */
  peek(key: string): string | undefined {
    return this.#settings.get(key);
  }

  /** A property string of which the keys are claimed as they are read. */
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

  /** Whether a change of it waits for the next start. */
  isWaiting(key: string): boolean {
    return key in this.#conf.pending || this.#conf.pendingDeletes.includes(key);
  }

  /** Claims keys whatever they hold: those that Proxmox fills in by itself. */
  pass(key: string, names: readonly string[], bare = ''): void {
    const read = this.properties(key, bare);
    for (const name of names) read(name);
  }

  /** Settings of which something was claimed: no other field may say them too. */
  isClaimedInPart(key: string): boolean {
    return (this.#claimed.get(key)?.size ?? 0) > 0;
  }

  /** What is left, each as it stands in the file: of a property string of which a part was claimed only the rest. */
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

  /** Line of a setting in its file, from 1; 0 for none. */
  lineOf(key: string): number {
    const lines = this.#conf.text.split('\n');
    const end = lines.findIndex((line) => line.startsWith('['));
    const main = end < 0 ? lines : lines.slice(0, end);
    return main.findIndex((line) => line.startsWith(`${key}:`)) + 1;
  }

  /** What waits for the next start. */
  waiting(target: string, path: string): LeftOver[] {
    const keys = [...new Set([...Object.keys(this.#conf.pending), ...this.#conf.pendingDeletes])];
    return keys.map((key) => ({
      what: `${target} ${key} (${path}${this.lineOf(key) > 0 ? `:${this.lineOf(key)}` : ''})`,
      why: 'a change of it waits for the next start of the guest, so that nobody can say what it is meant to be: start the guest again, or take the change back, then import',
    }));
  }
}
