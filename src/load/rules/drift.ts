// The policy of drift names kinds, guests and fields that there are: a slip would heal or leave alone nothing.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { nearest } from '../../config/nearest.ts';
import { placeIn } from '../../config/read/place.ts';
import { allGuests, targetOf } from '../../managers/guest/guests.ts';
import { settingsOf } from '../../managers/guest/settings/values.ts';
import type { RuleContext } from '../../managers/rule.ts';

type GuestKind = Parameters<typeof settingsOf>[0];

/** UNKNOWN_REFERENCE: no such kind, guest or field; INVALID_VALUE: a field of something that is no guest. @param kinds of targets */
export function driftNamesExist({ config, unreadable }: RuleContext, kinds: readonly string[]): Diagnostic[] {
  const { drift, writtenAt } = config.hypervisor;
  const guests: readonly string[] = allGuests(config).map(targetOf);
  return drift.rules.flatMap((rule, index): Diagnostic[] => {
    const at = (...rest: (string | number)[]) => placeIn(writtenAt, 'phoenix', 'drift', 'rules', index, ...rest);
    const named = rule.for.flatMap((name, place): Diagnostic[] => {
      const [kind = '', id] = name.split('/');
      if (!kinds.includes(kind))
        return [unknown(at('for', place), `"${name}"`, 'there is no such kind of target', kind, kinds)];
      if (id === undefined || !isGuest(kind) || guests.includes(name) || unreadable.guest(Number(id))) return [];
      return [unknown(at('for', place), `"${name}"`, 'there is no such guest', name, guests)];
    });
    const ofKinds = [...new Set(rule.for.map((name) => name.split('/')[0] ?? ''))];
    const others = ofKinds.filter((kind) => kinds.includes(kind) && !isGuest(kind));
    if (rule.ignore.length > 0 && others.length > 0) {
      const message = `fields of ${others.join(' and ')} cannot be left to people`;
      const hint = 'Name containers and VMs in a rule of its own: of them settings can be ignored.';
      return [...named, { code: 'INVALID_VALUE', at: at('ignore'), message, hint }];
    }
    const fields = rule.ignore.flatMap((field, place): Diagnostic[] => {
      const missing = ofKinds.filter(isGuest).find((kind) => !fieldsOf(kind).includes(field));
      if (missing === undefined) return [];
      const what = missing === 'vm' ? 'VMs have' : 'containers have';
      return [
        unknown(
          at('ignore', place),
          `"${field}"`,
          `${what} no such setting that can be left to people`,
          field,
          fieldsOf(missing),
        ),
      ];
    });
    return [...named, ...fields];
  });
}

function isGuest(kind: string): kind is GuestKind {
  return kind === 'lxc' || kind === 'vm';
}

function fieldsOf(kind: GuestKind): readonly string[] {
  return settingsOf(kind).map(([name]) => name);
}

function unknown(at: Diagnostic['at'], named: string, why: string, name: string, known: readonly string[]): Diagnostic {
  const meant = nearest(name, known);
  const hint =
    meant === null ? 'phoenix schema and docs/guests.md name those that there are.' : `Did you mean "${meant}"?`;
  return { code: 'UNKNOWN_REFERENCE', at, message: `${named} is named by the policy of drift, and ${why}`, hint };
}
