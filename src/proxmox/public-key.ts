// A public key as sshd reads it from one line of authorized_keys (sshd(8)): options, type, key in base64, comment. Proxmox hands each
// line that it is given to `ssh-keygen -l` (pve-common, PVE/Tools.pm, validate_ssh_public_keys), which takes a key apart by its type.

const OPTION = /[A-Za-z0-9-]+(?:="[^"]*")?/;
const LINE = new RegExp(
  `^(?:(?:${OPTION.source})(?:,${OPTION.source})*[ \\t]+)?((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+)[ \\t]+((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)([ \\t].*)?$`,
);

type Part = (bytes: Buffer) => boolean;

const ofLength =
  (length: number): Part =>
  (bytes) =>
    bytes.length === length;
const text =
  (expected: string): Part =>
  (bytes) =>
    bytes.toString('latin1') === expected;
const any: Part = () => true;
/** A point of an elliptic curve, not compressed. */
const point =
  (length: number): Part =>
  (bytes) =>
    bytes.length === 1 + 2 * length && bytes[0] === 4;
/** A positive number, without zeros in front of it but for the one that keeps it positive. */
const positive: Part = (bytes) =>
  bytes.length > 0 && (bytes[0] ?? 0) < 0x80 && !(bytes[0] === 0 && (bytes[1] ?? 0) < 0x80);
/** OpenSSH takes no RSA key below 1024 and above 16384 bits. */
const modulus: Part = (bytes) => {
  const bits = bytes[0] === 0 ? (bytes.length - 1) * 8 : bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  return positive(bytes) && bits >= 1024 && bits <= 16_384;
};

/** What follows the name of the type. DSA is gone from OpenSSH 10, which Proxmox 9 has. */
const PARTS: Readonly<Record<string, readonly Part[]>> = {
  'ssh-ed25519': [ofLength(32)],
  'ssh-rsa': [positive, modulus],
  'ecdsa-sha2-nistp256': [text('nistp256'), point(32)],
  'ecdsa-sha2-nistp384': [text('nistp384'), point(48)],
  'ecdsa-sha2-nistp521': [text('nistp521'), point(66)],
  'sk-ssh-ed25519@openssh.com': [ofLength(32), any],
  'sk-ecdsa-sha2-nistp256@openssh.com': [text('nistp256'), point(32), any],
};

/** Whether a line is one key of a kind that OpenSSH knows, whole and with nothing after it. Line ends are not looked for. */
export function isPublicKey(line: string): boolean {
  const [, type = '', key = ''] = LINE.exec(line.trim()) ?? [];
  const parts = Object.hasOwn(PARTS, type) ? PARTS[type] : undefined;
  if (parts === undefined) return false;
  const bytes = Buffer.from(key, 'base64');
  let at = 0;
  for (const fits of [text(type), ...parts]) {
    if (bytes.length < at + 4) return false;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length || !fits(bytes.subarray(at + 4, end))) return false;
    at = end;
  }
  return at === bytes.length;
}

/** Whether Proxmox takes a file of keys: each line that is not blank is one. */
export function arePublicKeys(lines: string): boolean {
  return lines.split('\n').every((line) => line.trim() === '' || isPublicKey(line));
}
