// The program pvesubscription (pve-manager, PVE/CLI/pvesubscription.pm).

import type { Answer } from './answer.ts';
import { apiVerbs } from './api/verbs.ts';
import { answer, newCall, print } from './call.ts';
import type { LabNode } from './node.ts';

const VERBS = apiVerbs('pvesubscription', {
  get: {
    print: (call, data) => {
      const shown = Object.entries(data as Readonly<Record<string, unknown>>).sort();
      for (const [name, value] of shown) print(call, `${name}: ${value ?? ''}`);
    },
  },
});

/** Answers a call of `pvesubscription`. */
export function pvesubscription(node: LabNode, argv: readonly string[]): Answer {
  return answer(newCall(node), 'pvesubscription', argv, VERBS);
}
