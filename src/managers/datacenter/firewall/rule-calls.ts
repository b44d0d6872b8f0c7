// From the rules that a list has to those that it should have. Proxmox puts a new rule on top of the others, whatever place is asked for: it
// is made there without effect, moved to its place, and only then switched on. Every call that names a rule by its place says by a digest
// which list it means, so that it never changes another rule than was meant.

import { createHash } from 'node:crypto';
import { digestedText, type FirewallConfig } from '../../../proxmox/firewall-file.ts';
import { parseRule, printRule, RULE_PROPERTIES, type Rule, ruleProblems } from '../../../proxmox/firewall-rule.ts';
import type { PartCall } from '../part.ts';
import { clusterFirewall } from './file.ts';

/** One place of the list while it is changed: a rule that stays, that takes the place of another, that is new, or that goes. */
type Place =
  | { readonly kind: 'kept'; readonly line: string }
  | { readonly kind: 'changed'; readonly from: string; readonly line: string }
  | { readonly kind: 'new'; readonly line: string }
  | { readonly kind: 'gone'; readonly from: string };

/** A line in the words in which Proxmox writes it, and the rule that it is; `names` are what rules may refer to. */
export function understood(line: string, names?: FirewallConfig): { readonly line: string; readonly rule: Rule } {
  const parsed = parseRule(line);
  if ('error' in parsed) return { line, rule: {} };
  const { rule } = parsed;
  // Gives the macro its own spelling, and the version of the addresses.
  ruleProblems(rule, 'group', names, undefined);
  return { line: printRule(rule, true), rule };
}

export function callsBetween(present: readonly string[], wanted: readonly string[], file: string): PartCall[] {
  const names = clusterFirewall(file);
  const places = alignment(present, wanted);
  const list = [...present];
  const calls: PartCall[] = [];
  const named = (summary: string, verb: 'set' | 'delete', at: number, args: readonly string[] = []): void => {
    const rules = list.map((line) => understood(line, names).rule);
    const digest = createHash('sha1').update(digestedText(rules)).digest('hex');
    calls.push({ summary, verb, path: `/${at}`, args: [...args, '--digest', digest] });
  };
  const old = places.filter(({ kind }) => kind !== 'new');
  for (const [at, place] of old.entries()) {
    if (place.kind !== 'changed') continue;
    named(`make rule ${at + 1} "${place.line}" in`, 'set', at, difference(place.from, place.line));
    list[at] = place.line;
  }
  // From the bottom, so that a place counts only what is there already.
  for (const [index, place] of [...places.entries()].toReversed()) {
    if (place.kind !== 'new') continue;
    const at = places.slice(0, index).filter((one) => one.kind !== 'new').length;
    const { rule } = understood(place.line);
    const isOff = rule.enable === '0';
    const first = printRule(at === 0 ? rule : { ...rule, enable: '0' }, true);
    const made = { ...rule, enable: at === 0 && !isOff ? '1' : '0' };
    calls.push({ summary: `add rule "${place.line}" to`, verb: 'create', path: '', args: argsOf(made) });
    list.unshift(first);
    if (at === 0) continue;
    named('move the new rule to its place in', 'set', 0, ['--moveto', String(at + 1)]);
    list.splice(at, 0, ...list.splice(0, 1));
    if (!isOff) named('switch the new rule on in', 'set', at, ['--enable', '1']);
    list[at] = place.line;
  }
  for (const [at, place] of [...places.entries()].toReversed()) {
    if (place.kind !== 'gone') continue;
    named(`take rule ${at + 1} "${place.from}" out of`, 'delete', at);
    list.splice(at, 1);
  }
  return calls;
}

/** Every property of a rule as options. */
function argsOf(rule: Rule): string[] {
  return properties().flatMap((property) => (rule[property] === undefined ? [] : [`--${property}`, rule[property]]));
}

function difference(from: string, to: string): string[] {
  const [before, after] = [understood(from).rule, understood(to).rule];
  const set = properties().flatMap((property) => {
    const value = after[property];
    return value === undefined || value === before[property] ? [] : [`--${property}`, value];
  });
  const gone = properties().filter((property) => before[property] !== undefined && after[property] === undefined);
  return gone.length === 0 ? set : [...set, '--delete', gone.join(',')];
}

function properties(): string[] {
  return RULE_PROPERTIES.filter((property) => !['pos', 'digest', 'iface'].includes(property));
}

/** The longest run of rules that both have stays; of what lies between, one takes the place of another as long as there are both. */
function alignment(present: readonly string[], wanted: readonly string[]): Place[] {
  const lengths = commonLengths(present, wanted);
  const places: Place[] = [];
  let gone: string[] = [];
  let made: string[] = [];
  const close = (): void => {
    for (let index = 0; index < Math.max(gone.length, made.length); index++) {
      const [from, line] = [gone[index], made[index]];
      if (from !== undefined && line !== undefined) places.push({ kind: 'changed', from, line });
      else if (line !== undefined) places.push({ kind: 'new', line });
      else if (from !== undefined) places.push({ kind: 'gone', from });
    }
    [gone, made] = [[], []];
  };
  let [a, b] = [0, 0];
  while (a < present.length || b < wanted.length) {
    const [from, line] = [present[a], wanted[b]];
    if (from !== undefined && from === line) {
      close();
      places.push({ kind: 'kept', line });
      a++;
      b++;
    } else if (line === undefined || (from !== undefined && at(lengths, a + 1, b) >= at(lengths, a, b + 1))) {
      gone.push(present[a++] ?? '');
    } else {
      made.push(wanted[b++] ?? '');
    }
  }
  close();
  return places;
}

/** How long the longest common run is of what follows each pair of places. */
function commonLengths(present: readonly string[], wanted: readonly string[]): number[][] {
  const lengths = Array.from({ length: present.length + 1 }, () => new Array<number>(wanted.length + 1).fill(0));
  for (let a = present.length - 1; a >= 0; a--)
    for (let b = wanted.length - 1; b >= 0; b--) {
      const longest =
        present[a] === wanted[b]
          ? at(lengths, a + 1, b + 1) + 1
          : Math.max(at(lengths, a + 1, b), at(lengths, a, b + 1));
      const row = lengths[a];
      if (row !== undefined) row[b] = longest;
    }
  return lengths;
}

function at(lengths: readonly (readonly number[])[], a: number, b: number): number {
  return lengths[a]?.[b] ?? 0;
}
