// What the config repo must have of the snippets that the host's file names.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { contentTraits } from '../../../config/read/content.ts';
import type { Place } from '../../../config/read/place.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { HYPERVISOR_FILE } from '../../places.ts';
import type { RuleContext } from '../../rule.ts';

/** Proxmox hands a snippet over in one piece, and cloud-init reads no longer one. */
const MAX_BYTES = 65_536;

/** MISSING_FILE: a snippet is not in the repository. INVALID_VALUE: it is no text, or too long. DUPLICATE_ID: two have one name. */
export function snippetsAreThere({ config: { hypervisor }, files }: RuleContext): Diagnostic[] {
  const at: Place = { file: HYPERVISOR_FILE, path: '' };
  const target = targetId('hypervisor', 'snippets');
  const seen = new Set<string>();
  return hypervisor.snippets.flatMap(({ name, path, blob }, index): Diagnostic[] => {
    const source = placeIn(at, 'snippets', index, 'source');
    const isDouble = seen.has(name);
    seen.add(name);
    if (isDouble) {
      const message = `snippet ${name} is declared already`;
      return [{ code: 'DUPLICATE_ID', at: placeIn(at, 'snippets', index, 'name'), message, target }];
    }
    if (blob === null) {
      const hint = 'Add the file to the repository, or correct the path. Links are not followed.';
      return [{ code: 'MISSING_FILE', at: source, message: `the snippet is missing: ${path}`, hint, target }];
    }
    const { traits: known, bytes, size = 0 } = files.get(path) ?? {};
    const traits = known ?? (bytes === undefined ? null : contentTraits(bytes));
    const why =
      size > MAX_BYTES
        ? `it has ${size} bytes, and a snippet has ${MAX_BYTES} at most`
        : (traits?.notText?.message ?? traits?.standsFor?.what ?? null);
    return why === null
      ? []
      : [{ code: 'INVALID_VALUE', at: source, message: `${path} cannot be a snippet: ${why}`, target }];
  });
}
