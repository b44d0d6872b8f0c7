// Looks up the positions of JSON pointers in a text. Only done for reported values, so that a valid file costs no more than parsing.

import { Lines, type Position } from './lines.ts';
import { keysOf } from './place.ts';
import { walk } from './walk-json.ts';

/**
 * Finds the positions of JSON pointers in one pass over a text that `readJson` accepted. A pointer to an absent value yields the position of its
 * nearest existing parent. `#` before a pointer requests the key instead of the value.
 */
export function locate(text: string, wanted: Iterable<string>): Map<string, Position> {
  const root = new Branch();
  for (const path of wanted) root.plant(path);
  const branches: (Branch | undefined)[] = [root];
  let keyOffset = 0;
  walk(text, {
    key: (_key, offset) => {
      keyOffset = offset;
    },
    enter(key, offset) {
      const branch = branches.at(-1)?.children.get(String(key));
      branch?.found(typeof key === 'string' ? keyOffset : offset, offset);
      branches.push(branch);
    },
    leave: () => branches.pop(),
  });
  const lines = new Lines(text);
  const places = new Map<string, Position>();
  root.collect(text.search(/\S/), (path, offset) => places.set(path, lines.at(Math.max(offset, 0))));
  return places;
}

/** The requested pointers below one key. */
class Branch {
  readonly children = new Map<string, Branch>();
  readonly wanted: { readonly path: string; readonly onKey: boolean }[] = [];
  keyOffset = -1;
  offset = -1;

  plant(path: string): void {
    const onKey = path.startsWith('#');
    let branch: Branch = this;
    for (const key of keysOf(onKey ? path.slice(1) : path)) {
      const next = branch.children.get(key) ?? new Branch();
      branch.children.set(key, next);
      branch = next;
    }
    branch.wanted.push({ path, onKey });
  }

  /** For a duplicate key the first occurrence counts. */
  found(keyOffset: number, offset: number): void {
    if (this.offset >= 0) return;
    this.keyOffset = keyOffset;
    this.offset = offset;
  }

  collect(parent: number, report: (path: string, offset: number) => void): void {
    const offset = this.offset < 0 ? parent : this.offset;
    for (const { path, onKey } of this.wanted) report(path, onKey && this.offset >= 0 ? this.keyOffset : offset);
    for (const child of this.children.values()) child.collect(offset, report);
  }
}
