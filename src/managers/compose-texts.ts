// The two texts of a compose file that differs, as people may see them: what the repository declares with what Phoenix adds, and what the host has. Pure.

import { addToCompose } from '../compose/additions.ts';
import { hideValues } from '../compose/hide-values.ts';
import type { ComposeTexts } from './comparison.ts';

/** Null where the host's is no YAML. @param text of the file in the repository */
export function shownComposeTexts(
  text: string,
  { additions, observed }: Pick<ComposeTexts, 'additions' | 'observed'>,
): { readonly declared: string; readonly observed: string } | null {
  const declared = addToCompose(text, additions);
  const shown = hideValues(observed, declared);
  return shown === null ? null : { declared, observed: shown };
}
