// Classifies the bytes of a file: real content or a placeholder such as a Git LFS pointer, and text or binary. The only place that decides this; the
// requirements of each use are in rules/content.ts.

import type { ContentTraits } from '../../model/snapshot.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { decode } from './encoding.ts';

/** Upper limit of Git LFS pointers by their specification. */
const MAX_POINTER_BYTES = 1024;
const LFS =
  /^version (https:\/\/git-lfs\.github\.com\/spec\/|https:\/\/hawser\.github\.com\/spec\/|http:\/\/git-media\.io\/v\/)\S+\r?\n(.*\n)*?oid \w+:/;

/** Magic numbers of binary formats by name. */
const BINARIES: readonly (readonly [string, readonly number[]])[] = [
  ['encrypted by git-crypt', [0x00, 0x47, 0x49, 0x54, 0x43, 0x52, 0x59, 0x50, 0x54]],
  ['a program (ELF)', [0x7f, 0x45, 0x4c, 0x46]],
  ['packed by gzip', [0x1f, 0x8b]],
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
  ['packed by zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['packed by xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['packed by bzip2', [0x42, 0x5a, 0x68]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG image', [0xff, 0xd8, 0xff]],
  ['an age file', [...new TextEncoder().encode('age-encryption.org/v1\n')]],
];

/** The kind of placeholder or binary format; null for anything else. */
export function placeholderKind(bytes: Uint8Array): ContentTraits['standsFor'] {
  const start = new TextDecoder().decode(bytes.subarray(0, MAX_POINTER_BYTES));
  if (bytes.length < MAX_POINTER_BYTES && LFS.test(start)) return { what: 'a pointer of Git LFS', pointer: true };
  if (/^\/?(\.git\/)?annex\/objects\/\S+\s*$/.test(start) && bytes.length < MAX_POINTER_BYTES) {
    return { what: 'a pointer of git-annex', pointer: true };
  }
  const binary = BINARIES.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte));
  return binary === undefined ? null : { what: binary[0], pointer: false };
}

/** Never throws, for any input. */
export function contentTraits(bytes: Uint8Array): ContentTraits {
  const { text, fault } = decode(bytes);
  const end = text.indexOf('\n');
  const firstLine = end < 0 ? text : text.slice(0, end);
  const carriage = text.indexOf('\r\n');
  return {
    standsFor: placeholderKind(bytes),
    notText: fault?.fatal ? { message: fault.message, line: lineOf(text, fault.offset) } : null,
    marked: fault !== null && !fault.fatal,
    interpreter: firstLine.startsWith('#!') ? firstLine.slice(2).trim() : null,
    carriageReturn: carriage < 0 ? null : lineOf(text, carriage),
    blank: text.trim() === '',
  };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

const POINTER_HINT =
  'Phoenix reads what Git itself holds: commit the content (git lfs untrack, or git annex unannex, then git add --renormalize).';

/** Message and hint for a placeholder. */
export function instead({ what, pointer }: NonNullable<ContentTraits['standsFor']>) {
  return {
    message: pointer ? `is ${what}, not the content` : `is ${what}, not text`,
    hint: pointer ? POINTER_HINT : 'Put the text itself into the repository, in UTF-8.',
    line: 1,
  };
}

/** NOT_THE_CONTENT for a file that is read as configuration, independent of its use. */
export function notTheContent(path: string, standsFor: NonNullable<ContentTraits['standsFor']>): Diagnostic {
  const { message, hint, line } = instead(standsFor);
  return { code: 'NOT_THE_CONTENT', at: { file: path, path: '' }, message, hint, position: { line, column: 1 } };
}
