// A compose file of a host as people may see it: a value of an environment that the repository does not have may be a secret that somebody put there.

import { isScalar, parseDocument, type Scalar, visit } from 'yaml';
import { HIDDEN } from '../model/secret-shapes.ts';
import { applyEdits, type Edit } from './edits.ts';

/** Keys below which values are hidden: variables and arguments. An extension (`x-…`) may be merged into an environment. */
const HIDES = /^(?:environment|content|args|command|entrypoint|healthcheck|driver_opts|x-.*)$/;
/** Labels that hold digests of passwords. */
const AUTH = /auth/i;

/**
 * The text with these values replaced; null for a text that is not YAML. Pure.
 *
 * @param declared values that stand in it are public
 */
export function hideValues(text: string, declared: string): string | null {
  const document = parseDocument(text);
  if (document.errors.length > 0) return null;
  const known = scalarsIn(declared);
  const edits: Edit[] = [];
  visit(document, {
    Scalar(key, node, path) {
      if (key === 'key' || node.range == null || known.has(String(node.value))) return;
      const keys = path.flatMap((each) => ('key' in each && isScalar(each.key) ? [String(each.key.value)] : []));
      const label = keys.includes('labels') && AUTH.test(`${keys.at(-1)} ${String(node.value).split('=', 1)[0]}`);
      if (!label && !keys.some((each) => HIDES.test(each))) return;
      const [start, end] = node.range;
      edits.push({ start, end, text: `${shown(node)}${text.slice(start, end).endsWith('\n') ? '\n' : ''}` });
    },
  });
  return withoutComments(applyEdits(text, edits), declared);
}

/** Lines that the repository does not have, without what they say after a `#`. */
function withoutComments(text: string, declared: string): string {
  const known = new Set(declared.split('\n').map((line) => line.trim()));
  const lines = text.split('\n').map((line) => (known.has(line.trim()) ? line : line.replace(/(^|\s)#.*$/, '$1#')));
  return lines.join('\n');
}

function scalarsIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  visit(parseDocument(text), {
    Scalar(_, { value }) {
      found.add(String(value));
    },
  });
  return found;
}

/** An item of a list keeps its name. */
function shown({ value }: Scalar): string {
  const [, name] = /^([A-Za-z_][\w.-]*)=/.exec(String(value)) ?? [];
  return name === undefined ? HIDDEN : `${name}=${HIDDEN}`;
}
