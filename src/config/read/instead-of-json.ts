// Recognises what is committed instead of JSON by mistake: merge conflict markers and YAML. Only called for text that is not JSON.

import type { Fault } from './syntax-faults.ts';

/** Conflict marker lines as Git writes them. */
const CONFLICT = /^(<{7}|>{7}|={7}|\|{7})( .*)?\r?$/m;
const OPENS = /^<{7}( .*)?\r?$/m;

/** Position and fix of the recognised mistake; null for anything else. */
export function insteadOfJson(text: string): (Fault & { readonly offset: number }) | null {
  const opening = OPENS.exec(text) ?? CONFLICT.exec(text);
  if (opening !== null && /^(<{7}|>{7})/m.test(text)) {
    return {
      offset: opening.index,
      message: 'a merge of Git was committed that nobody ended: this line marks a conflict',
      hint: 'Keep what is to count of the parts between <<<<<<< and >>>>>>>, remove the lines with these signs, then commit.',
    };
  }
  const first = /^(?!\s*(#|$)).*$/m.exec(text);
  if (first === null) return null;
  const other = OTHERS.find(({ first: begins, has }) => begins.test(first[0]) && has.test(text));
  if (other !== undefined) return { offset: first.index, message: other.message, hint: other.hint };
  if (!looksLikeYaml(first[0])) return null;
  return {
    offset: first.index,
    message: 'this is YAML, and the file has to be JSON',
    hint: 'Turn it into JSON, for example with: yq --output-format json FILE.',
  };
}

interface Other extends Fault {
  /** Pattern of the first line, and a pattern that must match anywhere in the text. */
  readonly first: RegExp;
  readonly has: RegExp;
}

const OTHERS: readonly Other[] = [
  {
    first: /^[a-z][a-z0-9]*: \S/,
    has: /^(rootfs|ostype|scsihw|net\d+|(scsi|virtio|sata|ide)\d+): \S/m,
    message: 'this is the file of a guest as Proxmox keeps it, and the file has to be JSON',
    hint: 'Let `phoenix import` write what a host has: phoenix import --host ssh://root@HOST --out DIR.',
  },
  {
    first: /^\s*(resource|variable|provider|terraform|module|data|locals)\s*("[^"]*"\s*)*\{/,
    has: /\}/,
    message: 'this is a file of Terraform, and the file has to be JSON',
    hint: 'Let `phoenix import` write what a host has: phoenix import --host ssh://root@HOST --out DIR.',
  },
  {
    first: /^\s*(\[{1,2}[\w."-]+\]{1,2}|[\w."-]+\s*=\s*\S.*)\s*$/,
    has: /^\s*[\w."-]+\s*=\s*\S/m,
    message: 'this is TOML or the like, and the file has to be JSON',
    hint: 'Turn it into JSON, for example with: yq --input-format toml --output-format json FILE.',
  },
];

/** Whether the line outside any bracket is `key: value`, `key:`, `- entry` or a YAML document marker. */
function looksLikeYaml(line: string): boolean {
  return /^(---(\s|$)|%YAML |- \S|("[^"]+"|'[^']+'|[A-Za-z_$][\w$ .-]*)\s*:(\s|$))/.test(line);
}
