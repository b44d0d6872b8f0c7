// Raw lines of a container: declared ones are set, formerly declared ones removed, and all others stay in place.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeRaw, type RawOption, sameRaw } from '../../../src/managers/lxc/raw.ts';

function lines(...texts: readonly string[]): RawOption[] {
  return texts.map((text) => ({
    key: text.slice(0, text.indexOf(':')),
    value: text.slice(text.indexOf(':') + 1).trim(),
  }));
}

const USB = 'lxc.mount.entry: /dev/ttyUSB0 dev/ttyUSB0 none bind,optional,create=file 0 0';
const TUN = 'lxc.mount.entry: /dev/net/tun dev/net/tun none bind,create=file';
const DENY = 'lxc.cgroup2.devices.deny: a';
const ALLOW = 'lxc.cgroup2.devices.allow: c 10:200 rwm';

describe.each<[string, readonly string[], readonly string[], readonly string[], readonly string[]]>([
  ['what nobody declares stays', [USB, ALLOW], [], [], [USB, ALLOW]],
  ['what is declared is added', [USB], [TUN], [], [USB, TUN]],
  ['what was declared and is not any more goes', [USB, TUN], [], [TUN], [USB]],
  [
    'an option that says one thing is replaced',
    ['lxc.apparmor.profile: generated', USB],
    ['lxc.apparmor.profile: unconfined'],
    [],
    [USB, 'lxc.apparmor.profile: unconfined'],
  ],
  [
    'an option that says one thing goes whatever it says',
    ['lxc.apparmor.profile: other', USB],
    [],
    ['lxc.apparmor.profile: unconfined'],
    [USB],
  ],
  [
    'the order between options says nothing',
    [USB, 'lxc.cap.drop: sys_rawio'],
    ['lxc.cap.drop: sys_rawio', USB],
    [],
    [USB, 'lxc.cap.drop: sys_rawio'],
  ],
  ['the order of mounts counts', [TUN, USB], [USB, TUN], [], [USB, TUN]],
  ['the order of rules for devices counts across their two options', [ALLOW, DENY], [DENY, ALLOW], [], [DENY, ALLOW]],
  [
    'among others, in their order',
    [USB, 'lxc.mount.entry: /a a none bind', TUN],
    [USB, TUN],
    [],
    [USB, 'lxc.mount.entry: /a a none bind', TUN],
  ],
  ['an empty line that clears is a line', ['lxc.cap.drop:'], ['lxc.cap.drop:'], [], ['lxc.cap.drop:']],
  [
    'id maps are declared whole',
    ['lxc.idmap: u 0 100000 65536', 'lxc.idmap: g 0 100000 65536'],
    ['lxc.idmap: u 0 200000 65536', 'lxc.idmap: g 0 200000 65536'],
    [],
    ['lxc.idmap: u 0 200000 65536', 'lxc.idmap: g 0 200000 65536'],
  ],
  [
    'id maps stand in any order',
    ['lxc.idmap: g 0 100000 65536', 'lxc.idmap: u 0 100000 65536'],
    ['lxc.idmap: u 0 100000 65536', 'lxc.idmap: g 0 100000 65536'],
    [],
    ['lxc.idmap: g 0 100000 65536', 'lxc.idmap: u 0 100000 65536'],
  ],
  ['a line that is there twice is declared once', [USB, USB], [USB], [], [USB, USB]],
])('%s', (_, present, declared, before, expected) => {
  test('and once it is so it stays so', () => {
    const merged = mergeRaw(lines(...present), lines(...declared), lines(...before), false);
    expect(merged).toEqual(lines(...expected));
    expect(mergeRaw(merged, lines(...declared), lines(...before), false)).toEqual(merged);
  });
});

test('a fresh clone keeps nothing of its source', () => {
  expect(mergeRaw(lines(USB, ALLOW), lines(ALLOW), [], true)).toEqual(lines(ALLOW));
});

const some = fc.array(
  fc.constantFrom(USB, TUN, DENY, ALLOW, 'lxc.cap.drop:', 'lxc.apparmor.profile: x', 'lxc.apparmor.profile: y'),
  { maxLength: 5 },
);

test('fuzz: a merge is complete, keeps foreign lines, and is idempotent', () => {
  fc.assert(
    fc.property(some, some, some, (present, declared, before) => {
      const merged = mergeRaw(lines(...present), lines(...declared), lines(...before), false);
      const printed = merged.map(({ key, value }) => `${key}: ${value}`.trim());
      for (const line of declared) expect(printed).toContain(line);
      const kept = present.filter((line) => ![...declared, ...before].includes(line) && !line.includes('profile'));
      for (const line of kept) expect(printed).toContain(line);
      expect(sameRaw(mergeRaw(merged, lines(...declared), lines(...before), false), merged)).toBe(true);
    }),
  );
});
