// Validates public keys as sshd reads them from authorized_keys (sshd(8)): options, type, base64 key, comment. Proxmox passes each line to
// `ssh-keygen -l` (pve-common, PVE/Tools.pm, validate_ssh_public_keys), which parses the key by its type.

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
/** An uncompressed point of an elliptic curve. */
const point =
  (length: number): Part =>
  (bytes) =>
    bytes.length === 1 + 2 * length && bytes[0] === 4;
/** A positive integer without unnecessary leading zeros. */
const positive: Part = (bytes) =>
  bytes.length > 0 && (bytes[0] ?? 0) < 0x80 && !(bytes[0] === 0 && (bytes[1] ?? 0) < 0x80);
/** OpenSSH only accepts RSA keys of 1024 to 16384 bits. */
const modulus: Part = (bytes) => {
  const bits = bytes[0] === 0 ? (bytes.length - 1) * 8 : bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  return positive(bytes) && bits >= 1024 && bits <= 16_384;
};

/** Parts of a key after the type. OpenSSH 10, in Proxmox 9, has no DSA. */
const PARTS: Readonly<Record<string, readonly Part[]>> = {
  'ssh-ed25519': [ofLength(32)],
  'ssh-rsa': [positive, modulus],
  'ecdsa-sha2-nistp256': [text('nistp256'), point(32)],
  'ecdsa-sha2-nistp384': [text('nistp384'), point(48)],
  'ecdsa-sha2-nistp521': [text('nistp521'), point(66)],
  'sk-ssh-ed25519@openssh.com': [ofLength(32), any],
  'sk-ecdsa-sha2-nistp256@openssh.com': [text('nistp256'), point(32), any],
};

/** Whether the line is one complete key of a known type. Line ends are not checked. */
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

/** Whether Proxmox accepts a file of keys: each non-blank line is one. */
export function arePublicKeys(lines: string): boolean {
  return lines.split('\n').every((line) => line.trim() === '' || isPublicKey(line));
}
