// Rules for the drift policy: the named kinds, targets and fields must exist, since a typo would have no effect.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { nearest } from '../../config/nearest.ts';
import { placeIn } from '../../config/read/place.ts';
import type { Kind } from '../../managers/kind.ts';
import type { RuleContext } from '../../managers/rule.ts';
import { kindOf, nameOf, type TargetId } from '../../model/ids.ts';

/**
 * UNKNOWN_REFERENCE: no such kind, target or field; INVALID_VALUE: a field of something of which none can be left to people; NO_EFFECT: a rule that says
 * nothing.
 */
export function driftNamesExist({ config, unreadable }: RuleContext, kinds: readonly Kind[]): Diagnostic[] {
  const { drift, writtenAt } = config.hypervisor;
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  return drift.rules.flatMap((rule, index): Diagnostic[] => {
    const at = (...rest: (string | number)[]) => placeIn(writtenAt, 'phoenix', 'drift', 'rules', index, ...rest);
    const named = rule.for.flatMap((name, place): Diagnostic[] => {
      const kind = byName.get(kindIn(name));
      if (kind === undefined) {
        return [unknown(at('for', place), name, 'there is no such kind of target', kindIn(name), [...byName.keys()])];
      }
      if (!name.includes('/') || mayBeThere(name as TargetId, unreadable)) return [];
      const declared = kind.targets(config).map(({ id }) => id);
      if (declared.includes(name as TargetId)) return [];
      return [unknown(at('for', place), name, 'nothing of that name is declared', name, declared)];
    });
    const wrong = new Set(named.map(({ at: { path } }) => path));
    const sound = rule.for.filter((_, place) => !wrong.has(at('for', place).path));
    const known = sound.map((name) => ({ name, fields: fieldsToLeave(name, byName) }));
    if (rule.action === null && rule.ignore.length === 0) return [...named, saysNothing(at())];
    const whole = known.filter(({ fields }) => fields.length === 0).map(({ name }) => name);
    if (rule.ignore.length > 0 && whole.length > 0) {
      const message = `fields of ${whole.join(' and ')} cannot be left to people`;
      const hint =
        'It is kept as a whole. docs/policy.md says of what fields can be left; name those in a rule of its own.';
      return [...named, { code: 'INVALID_VALUE', at: at('ignore'), message, hint }];
    }
    const fields = rule.ignore.flatMap((field, place): Diagnostic[] => {
      const missing = known.find(({ fields }) => !fields.includes(field));
      if (missing === undefined) return [];
      const why = `${missing.name} has no such field that can be left to people`;
      return [unknown(at('ignore', place), field, why, field, missing.fields)];
    });
    return [...named, ...fields];
  });
}

function saysNothing(at: Diagnostic['at']): Diagnostic {
  const message = 'The rule has no effect: it has neither "action" nor "ignore"';
  const hint =
    'Write "action": "heal" or "report", or the fields to leave to people in "ignore"; or take the rule out.';
  return { code: 'NO_EFFECT', at, message, hint };
}

/** The fields of a target, or of every target of a kind, that can be left to people. */
function fieldsToLeave(name: string, kinds: ReadonlyMap<string, Kind>): readonly string[] {
  const { ignorable } = kinds.get(kindIn(name)) ?? {};
  return ignorable?.fields(name.includes('/') ? (name as TargetId) : null) ?? [];
}

/** The kind of a target name or kind name. */
function kindIn(name: string): string {
  return name.split('/', 1)[0] ?? '';
}

/** Whether an unreadable part may declare the target. */
function mayBeThere(target: TargetId, unreadable: RuleContext['unreadable']): boolean {
  const kind = kindOf(target);
  return kind === 'lxc' || kind === 'vm' ? unreadable.guest(Number(nameOf(target))) : !unreadable.nothing;
}

/** @param about the name for which a similar known one is suggested */
function unknown(
  at: Diagnostic['at'],
  named: string,
  why: string,
  about: string,
  known: readonly string[],
): Diagnostic {
  const meant = nearest(about, known);
  const hint =
    meant === null
      ? 'docs/policy.md says which there are, and the reference names all fields.'
      : `Did you mean "${meant}"?`;
  return { code: 'UNKNOWN_REFERENCE', at, message: `"${named}" is named by the policy of drift, and ${why}`, hint };
}
