// Converts plain scalars to text like compose, which uses Go's YAML (go.yaml.in/yaml): 0777 is octal, `yes` is a string, and numbers are printed like
// in Go.

export function plainText(written: string): string {
  if (/^(|~|null|Null|NULL)$/.test(written)) return '';
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(written)) return written.toLowerCase();
  if (!/^[-+]?\.?\d/.test(written)) return written;
  const bare = written.replaceAll('_', '');
  return wholeNumber(bare) ?? (FLOAT.test(bare) ? goFloat(bare) : null) ?? written;
}

const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;

/** 64-bit integers with Go's base prefixes, including a leading zero. */
function wholeNumber(text: string): string | null {
  const [, sign = '', zero = '', digits = ''] = /^([-+]?)(0[xX]|0[bB]|0[oO]|0)?([0-9a-fA-F]*)$/.exec(text) ?? [];
  const prefix = zero.toLowerCase() === '0' && digits !== '' ? '0o' : zero.toLowerCase();
  const size = digits === '' ? zero : prefix === '' ? digits : `${prefix}${digits}`;
  if (size === '' || !/^(\d+|0x[0-9a-f]+|0b[01]+|0o[0-7]+)$/i.test(size)) return null;
  const number = BigInt(size) * (sign === '-' ? -1n : 1n);
  return number >= -(2n ** 63n) && number < 2n ** 64n ? String(number) : null;
}

/** Shortest representation, with an exponent from a million and below a ten-thousandth; null if too large. */
function goFloat(text: string): string | null {
  const number = Number(text);
  if (!Number.isFinite(number)) return null;
  if (number === 0) return text.startsWith('-') ? '-0' : '0';
  const [digits = '', exponent = '0'] = number.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(number);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
