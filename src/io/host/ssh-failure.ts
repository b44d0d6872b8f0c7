// Classifies ssh's messages for a failed connection: a node that is temporarily unreachable, one that refuses Phoenix, and one whose identity has
// changed. The texts are OpenSSH's (ssh.c, sshconnect.c, sshconnect2.c, clientloop.c).

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HostAway, HostRefused } from '../../ports/host-failure.ts';

/** ssh's own exit code for a failed connection. */
const OWN_FAILURE = 255;

/** Advice for a person about the node: it works, but could work better. */
export interface NodeAdvice {
  readonly what: string;
  readonly remedy: string;
}

/** A reachable node without session support (`session/reconnect.ts`): it works, but more slowly. */
export function noSessionAdvice(
  { node, target }: { readonly node: string; readonly target: string },
  said: string,
): NodeAdvice {
  const where = node === target ? target : `${node} (${target})`;
  const why = said.trim() === '' ? 'it said nothing' : lastLine(said);
  return {
    what: `each command on ${where} is an ssh program of its own, which takes several times as long: ${why}`,
    remedy: /phoenix-shell: refused/.test(said)
      ? "install this version's files of deploy/ssh on the node: phoenix-shell, programs, scripts and session.pl (deploy/README.md)"
      : 'see that a login there can start /usr/bin/perl, and prints no more than a greeting',
  };
}

/** Null where the connection did not fail: somebody answered. */
export function sshFailure(
  { node, target }: { readonly node: string; readonly target: string },
  exit: number | null,
  said: string,
): HostAway | HostRefused | null {
  if (exit !== OWN_FAILURE) return null;
  const where = node === target ? target : `${node} (${target})`;
  if (/HOST IDENTIFICATION HAS CHANGED/.test(said)) return new HostRefused(`${where}: ${changedKey(said)}`);
  if (/Host key verification failed|No \S+ host key is known/.test(said)) {
    return new HostRefused(
      `${where}: its host key is not known: connect to it once with ssh, as the user that Phoenix runs as, and compare the key with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on its console`,
    );
  }
  const denied = /^.*(Permission denied|Too many authentication failures|no matching|no mutual signature).*$/im.exec(
    said,
  );
  if (denied !== null) {
    return new HostRefused(
      `${where} does not let Phoenix in: ${denied[0].trim()}; put Phoenix's public key into /root/.ssh/authorized_keys2 of the node, or see which key ssh offers: ssh -v`,
    );
  }
  return new HostAway(`${where} does not answer: ${lastLine(said)}`);
}

/** The old key, the new key, and what to do. This may be a man-in-the-middle attack, so nothing is called harmless. */
function changedKey(said: string): string {
  const now = /SHA256:\S+/.exec(said)?.[0].replace(/\.$/, '');
  const [, type = '', file = '', line = ''] = /Offending (\S+) key in (.+):(\d+)/.exec(said) ?? [];
  const before = fingerprintAt(file, Number(line));
  const [remedy = 'ssh-keygen -R HOST'] = /ssh-keygen .*-R .+/.exec(said) ?? [];
  const was = before === null ? '' : ` from ${before}`;
  const is = now === undefined ? '' : ` to ${now}`;
  return `its ${type} host key changed${was}${is}: somebody may be in between. Compare with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on its console; if the node was reinstalled: ${remedy.trim()}`.replace(
    / {2,}/g,
    ' ',
  );
}

/** Fingerprint of a line of known_hosts; null where it cannot be read. */
function fingerprintAt(file: string, line: number): string | null {
  try {
    const words = (readFileSync(file, 'utf8').split('\n')[line - 1] ?? '')
      .split(' ')
      .filter((word) => !word.startsWith('@'));
    const key = Buffer.from(words[2] ?? '', 'base64');
    return key.length === 0 ? null : `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
  } catch {
    return null;
  }
}

function lastLine(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '') ?? 'the connection failed or was lost';
}
