// Proxmox's property strings: `name=eth0,bridge=vmbr0,firewall=1`. One key may stand without its name.

export type Properties = Readonly<Record<string, string>>;

/** Splits at commas and the first `=`; a part without one gets `defaultKey`. */
export function parseProperties(text: string, defaultKey = ''): Properties {
  const properties: Record<string, string> = Object.create(null);
  for (const part of text.split(',')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    if (at < 0) properties[defaultKey] = part;
    else properties[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return properties;
}

/** Keys in the order given; those of `first` lead. Empty values are left out. */
export function printProperties(properties: Properties, first: readonly string[] = []): string {
  const keys = [
    ...first.filter((key) => key in properties),
    ...Object.keys(properties).filter((key) => !first.includes(key)),
  ];
  return keys
    .filter((key) => properties[key] !== undefined && properties[key] !== '')
    .map((key) => `${key}=${properties[key]}`)
    .join(',');
}

/** Proxmox's words for a boolean become `1` and `0`; anything else stays. */
export function normalFlag(value: string): string {
  if (/^(1|on|yes|true)$/i.test(value)) return '1';
  if (/^(0|off|no|false)$/i.test(value)) return '0';
  return value;
}

/** Whether two sets of properties say the same: booleans in any word, a `0` like an absent key, `mount` as a set. */
export function sameProperties(one: Properties, other: Properties): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => normal(one[key]) === normal(other[key]));
}

function normal(value: string | undefined): string {
  const plain = normalFlag(value ?? '0');
  return plain.includes(';') ? plain.split(';').sort().join(';') : plain.toLowerCase();
}
