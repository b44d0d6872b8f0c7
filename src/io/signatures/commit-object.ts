// Splits a commit object into the signed payload and the signature. It stays bytes: messages may be in any encoding.

export interface SignedCommit {
  /** The object without its signature, which is what was signed. */
  readonly payload: Uint8Array;
  /** Armored; null when there is none. */
  readonly signature: string | null;
  /** The commit's own timestamp; null when it has none. */
  readonly committed: Date | null;
}

const NEWLINE = 10;
const SPACE = 32;

/** @throws when the object has more than one signature, since one of them would not be checked */
export function parseSignedCommit(commit: Uint8Array): SignedCommit {
  const kept: Uint8Array[] = [];
  const signature: string[] = [];
  let signatures = 0;
  let inSignature = false;
  let committed: Date | null = null;
  let at = 0;
  while (at < commit.length) {
    const end = commit.indexOf(NEWLINE, at);
    const next = end === -1 ? commit.length : end + 1;
    const line = commit.subarray(at, next);
    if (line[0] === NEWLINE) break;
    const text = Buffer.from(line).toString('latin1').replace(/\n$/, '');
    inSignature = line[0] === SPACE ? inSignature : /^gpgsig(-[\w-]+)? /.test(text);
    if (inSignature) {
      if (line[0] !== SPACE) signatures += 1;
      signature.push(line[0] === SPACE ? text.slice(1) : text.slice(text.indexOf(' ') + 1));
    } else {
      kept.push(line);
      committed ??= timeOf(text);
    }
    at = next;
  }
  if (signatures > 1) throw new Error('carries more than one signature');
  return {
    payload: Buffer.concat([...kept, commit.subarray(at)]),
    signature: signatures === 0 ? null : `${signature.join('\n').trimEnd()}\n`,
    committed,
  };
}

function timeOf(header: string): Date | null {
  const [, seconds] = /^committer .*> (\d{1,11}) [+-]\d{4}$/.exec(header) ?? [];
  return seconds === undefined ? null : new Date(Number(seconds) * 1000);
}
