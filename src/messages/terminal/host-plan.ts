// A configuration compared with a host, as people read it: what would be done, what only lacks its mark, and what nobody declares.

import type { TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { planText } from '../plan.ts';
import { printable } from '../printable.ts';

interface HostPlanShown {
  readonly plan: Plan;
  readonly differences: ReadonlyMap<TargetId, { readonly actions: readonly string[]; readonly reason: string | null }>;
  readonly marks: readonly TargetId[];
  readonly unknown: readonly { readonly target: TargetId; readonly reason: string }[];
  readonly undeclared: readonly { readonly object: string; readonly name: string | null }[];
}

export function hostPlanText(
  { plan, differences, marks, unknown, undeclared }: HostPlanShown,
  { colours, commands }: { readonly colours: boolean; readonly commands: number },
): string {
  const parts = [
    plan.steps.length === 0
      ? 'The host is as declared: nothing would be created, changed or restarted.\n'
      : `Declared on the right, on the host on the left.\n\n${planText(plan, { held: new Set(), colours })}`,
    ...(differences.size === 0 ? [] : [`What would be done:\n${[...differences].flatMap(doing).join('')}`]),
    ...(marks.length === 0
      ? []
      : [`As declared, without the mark of Phoenix yet (phoenix adopt sets it): ${marks.map(printable).join(', ')}\n`]),
    ...(unknown.length === 0
      ? []
      : [`Could not be checked:\n${unknown.map(({ target, reason }) => line(target, reason)).join('')}`]),
    ...(undeclared.length === 0
      ? []
      : [
          `On the host and not declared: ${undeclared
            .map(({ object, name }) => printable(name === null ? object : `${object} (${name})`))
            .join(', ')}\n`,
        ]),
    `${commands} ${commands === 1 ? 'command' : 'commands'} on the host, all of which only read.\n`,
  ];
  return parts.join('\n');
}

function doing([target, { actions, reason }]: [
  TargetId,
  HostPlanShown['differences'] extends ReadonlyMap<TargetId, infer One> ? One : never,
]): string[] {
  return [...actions.map((action) => line(target, action)), ...(reason === null ? [] : [line(target, reason)])];
}

function line(target: string, text: string): string {
  return `  ${printable(target)}: ${printable(text)}\n`;
}
