// A decision as text, for tables and snapshots: each action's sentence, impact and command.

import type { Decision } from '../../src/managers/manager.ts';
import type { Action, Content } from '../../src/model/action.ts';

export function shown(decision: Decision): string {
  if (decision.kind !== 'actions') return `${decision.kind}: ${decision.reason}`;
  return decision.actions.map((action) => `${action.summary} (${action.impact})\n  ${work(action)}`).join('\n');
}

function work({ do: what }: Action): string {
  switch (what.kind) {
    case 'command':
      return [what.program, ...what.args]
        .map((word) => (/^[^\s"']+$/.test(word) ? word : JSON.stringify(word)))
        .join(' ');
    case 'file':
      return `${what.path} <-\n${contentOf(what.content).replaceAll(/^/gm, '    | ').trimEnd()}`;
    case 'lines':
      return [`${what.path} +`, ...what.lines.map((line) => `    | ${line}`)].join('\n');
    case 'folder':
      return `${what.path} uid=${what.uid} gid=${what.gid}`;
    case 'place':
      return what.files
        .map(({ from, to, owner, mode }) => `${from} -> ${to} ${owner.uid}:${owner.gid} ${mode.toString(8)}`)
        .join('\n  ');
    case 'remove':
      return `no more ${what.paths.join(' ')}`;
    case 'http':
      return `${what.method} ${what.url}`;
    case 'signing':
      return `${what.by.kind} ${what.authority} ${what.request} -> ${what.certificate}`;
  }
}

function contentOf(content: Content): string {
  return content.from === 'text' ? content.text.trimEnd() : content.from;
}
