// The calls that turn one list of firewall rules into another. Proxmox inserts a new rule at the top, whatever position is requested, so a rule is
// created disabled, moved to its position, and only then enabled. Every call that addresses a rule by position carries the digest of the list, so
// that it never changes a different rule.

import { createHash } from 'node:crypto';
import { digestedText, type FirewallConfig } from '../../../proxmox/firewall/file.ts';
import { parseRule, printRule, RULE_PROPERTIES, type Rule, ruleProblems } from '../../../proxmox/firewall/rule.ts';
import { mayBeOfSdn } from '../../../proxmox/sdn.ts';
import type { PartCall } from '../lists/part.ts';
import { leftOutBy } from './file.ts';

/** One position of the list during the change: a rule that stays, one that replaces another, a new one, or one that is removed. */
type Place =
  | { readonly kind: 'kept'; readonly line: string }
  | { readonly kind: 'changed'; readonly from: string; readonly line: string }
  | { readonly kind: 'new'; readonly line: string }
  | { readonly kind: 'gone'; readonly from: string };

/** A rule and its line as Proxmox writes it; `names` are the aliases, sets and groups that rules may refer to. */
export function parsedLine(line: string, names?: FirewallConfig): { readonly line: string; readonly rule: Rule } {
  const parsed = parseRule(line);
  if ('error' in parsed) return { line, rule: {} };
  const { rule } = parsed;
  // Normalises the spelling of the macro and sets the IP version.
  ruleProblems(rule, 'group', names, undefined);
  return { line: lineOfRule(rule), rule };
}

/**
 * Why Proxmox leaves out rules that are on, one sentence each; nothing is known of sets that SDN generates, which count as there.
 *
 * @param above the names that Proxmox has read before the rules
 * @param all those of the whole file
 */
export function linesLeftOut(
  lines: readonly string[],
  above: FirewallConfig,
  all: FirewallConfig,
  environment: 'group' | 'vnet',
): string[] {
  return lines.flatMap((line) => {
    const parsed = parseRule(line);
    if ('error' in parsed || parsed.rule.enable === '0') return [];
    const { rule } = parsed;
    const problemBy = (names: FirewallConfig): string | undefined => {
      const known = { ...names, sdn: { has: mayBeOfSdn } };
      return ruleProblems({ ...rule }, environment, known, undefined)[0]?.[1];
    };
    const problem = leftOutBy(problemBy, above, all);
    return problem === undefined ? [] : [`rule "${line}": ${problem}`];
  });
}

/** A rule of the host as a line that keeps everything that Proxmox's digest counts: also an interface and an empty comment, which it does not write. */
export function lineOfRule(rule: Rule): string {
  const line = printRule(rule, false);
  const comment = rule['comment'];
  const isWritten = comment === undefined || line.endsWith(` # ${comment}`);
  return isWritten ? line : `${line} #${comment === '' ? '' : ` ${comment}`}`;
}

/**
 * @param names the aliases, sets and groups of the datacenter as they are on the host
 * @param inGroup whether it is the list of a security group, whose rules Proxmox writes without interface
 * @param areNamesRead whether Proxmox has read the names before the list, and so counts the IP version of their addresses in its digest
 */
export function callsBetween(
  present: readonly string[],
  wanted: readonly string[],
  names: FirewallConfig,
  inGroup: boolean,
  areNamesRead: boolean,
): PartCall[] {
  const written = (line: string): string => printRule(parsedLine(line).rule, inGroup);
  // Proxmox leaves out a rule of a group that names an interface, until it has written it without: with any next call that writes the file.
  const isLeftOut = present.map((line) => inGroup && parsedLine(line).rule['iface'] !== undefined);
  const leaving = areNamesRead ? leavingOf(alignment(present.map(written), wanted.map(written)), isLeftOut) : [];
  const early = earlyRemovals(present, leaving, names, written);
  const isWritten = early.list.length === 0 || (areNamesRead && early.list.every((line) => line === written(line)));
  const list = early.list.map(written);
  const places = alignment(list, wanted.map(written));
  if (!isLeftOut.includes(true) && places.every(({ kind }) => kind === 'kept')) return [];
  return [
    ...early.calls,
    ...(isWritten ? [] : [rewriting(list.length, inGroup)]),
    ...changes(list, places, names),
    ...additions(list, places, names, inGroup),
    ...removals(list, places, names),
  ];
}

/** A call for the rule at a position, with the digest of the list before the call. */
function callAt(
  list: readonly string[],
  names: FirewallConfig,
  at: number,
  { summary, verb, args = [] }: Pick<PartCall, 'summary' | 'verb'> & { readonly args?: readonly string[] },
): PartCall {
  const rules = list.map((line) => parsedLine(line, names).rule);
  const digest = createHash('sha1').update(digestedText(rules)).digest('hex');
  return { summary, verb, path: `/${at}`, args: [...args, '--digest', digest] };
}

/** Removes the rules at `leaving`, and returns the list after that. Proxmox writes the others with each removal. */
function earlyRemovals(
  present: readonly string[],
  leaving: readonly number[],
  names: FirewallConfig,
  written: (line: string) => string,
): { readonly calls: readonly PartCall[]; readonly list: readonly string[] } {
  const calls: PartCall[] = [];
  let list = present;
  for (const at of leaving.toReversed()) {
    const summary = `take rule ${at + 1} "${list[at]}" out of`;
    calls.push({ ...callAt(list, names, at, { summary, verb: 'delete' }), isEarly: true });
    list = list.toSpliced(at, 1).map(written);
  }
  return { calls, list };
}

/** Changes rules in place. @param list updated to what it is after the calls */
function changes(list: string[], places: readonly Place[], names: FirewallConfig): PartCall[] {
  const old = places.filter(({ kind }) => kind !== 'new');
  return [...old.entries()].flatMap(([at, place]) => {
    if (place.kind !== 'changed') return [];
    const summary = `make rule ${at + 1} "${place.line}" in`;
    const call = callAt(list, names, at, { summary, verb: 'set', args: difference(place.from, place.line) });
    list[at] = place.line;
    return [call];
  });
}

/**
 * Adds the new rules, from the bottom, so that a position counts only rules that are already in place.
 *
 * @param list updated to what it is after the calls
 */
function additions(list: string[], places: readonly Place[], names: FirewallConfig, inGroup: boolean): PartCall[] {
  return [...places.entries()].toReversed().flatMap(([index, place]) => {
    if (place.kind !== 'new') return [];
    const at = places.slice(0, index).filter((one) => one.kind !== 'new').length;
    return addition(list, at, place.line, names, inGroup);
  });
}

function addition(list: string[], at: number, line: string, names: FirewallConfig, inGroup: boolean): PartCall[] {
  const { rule } = parsedLine(line);
  const isOff = rule.enable === '0';
  const first = printRule(at === 0 ? rule : { ...rule, enable: '0' }, inGroup);
  const made = { ...rule, enable: at === 0 && !isOff ? '1' : '0' };
  const calls: PartCall[] = [{ summary: `add rule "${line}" to`, verb: 'create', path: '', args: argsOf(made) }];
  list.unshift(first);
  if (at === 0) return calls;
  const moved = {
    summary: 'move the new rule to its place in',
    verb: 'set',
    args: ['--moveto', String(at + 1)],
  } as const;
  calls.push(callAt(list, names, 0, moved));
  list.splice(at, 0, ...list.splice(0, 1));
  const enabled = { summary: 'switch the new rule on in', verb: 'set', args: ['--enable', '1'] } as const;
  if (!isOff) calls.push(callAt(list, names, at, enabled));
  list[at] = line;
  return calls;
}

/** Removes rules, from the bottom. @param list updated to what it is after the calls */
function removals(list: string[], places: readonly Place[], names: FirewallConfig): PartCall[] {
  return [...places.entries()].toReversed().flatMap(([at, place]) => {
    if (place.kind !== 'gone') return [];
    const call = callAt(list, names, at, { summary: `take rule ${at + 1} "${place.from}" out of`, verb: 'delete' });
    list.splice(at, 1);
    return [call];
  });
}

/** Positions of the rules that Proxmox leaves out and that do not stay: removed first, they are never in force. */
function leavingOf(places: readonly Place[], isLeftOut: readonly boolean[]): number[] {
  const stays = places.filter(({ kind }) => kind !== 'new').map(({ kind }) => kind === 'kept');
  return isLeftOut.flatMap((left, at) => (left && stays[at] === false ? [at] : []));
}

/**
 * Has Proxmox write the file as it writes every list, which changes the digest: the last rule is moved to the end. It has no digest, since a call before
 * it, such as one that marks the group, may have written the file already.
 */
function rewriting(count: number, inGroup: boolean): PartCall {
  const summary = `write the rules without ${inGroup ? 'interfaces and ' : ''}empty comments in`;
  return { summary, verb: 'set', path: `/${count - 1}`, args: ['--moveto', String(count)] };
}

/** Every property of a rule as arguments. */
function argsOf(rule: Rule): string[] {
  return properties().flatMap((property) => (rule[property] === undefined ? [] : [`--${property}`, rule[property]]));
}

function difference(from: string, to: string): string[] {
  const [before, after] = [parsedLine(from).rule, parsedLine(to).rule];
  const set = properties().flatMap((property) => {
    const value = after[property];
    return value === undefined || value === before[property] ? [] : [`--${property}`, value];
  });
  const gone = properties().filter((property) => before[property] !== undefined && after[property] === undefined);
  return gone.length === 0 ? set : [...set, '--delete', gone.join(',')];
}

function properties(): string[] {
  return RULE_PROPERTIES.filter((property) => property !== 'pos' && property !== 'digest');
}

/** Rules of the longest common subsequence stay. Between them, old rules are replaced one by one by new ones as long as there are both. */
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

/** The length of the longest common subsequence from each pair of positions on. */
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
