// What to write where no value can be guessed from the written one. Pure.

interface Advice {
  /** Fields that it is for, by name; of an entry of a list, that of the list. */
  readonly fields: RegExp;
  readonly values: RegExp;
  readonly hint: (value: string) => string;
}

const ADVICE: readonly Advice[] = [
  {
    fields: /storage|pool$/,
    values: /^\//,
    hint: (path) =>
      `Write the name of a storage. A folder becomes one below "storages" of etc/phoenix_datacenter_config.json: {"type": "dir", "path": ${JSON.stringify(path)}}.`,
  },
  {
    fields: /^(vms|vmids?|exclude|dependencies|protected|guest|clone_from_\w+)$/,
    values: /^[a-z][\w.-]*$/i,
    hint: () => 'Write the number of the guest, such as 101, in place of its name.',
  },
  {
    fields: /^timezone$/,
    values: /^[A-Z]{3,4}[+-]\d/,
    hint: () => 'Name a city of the zone, such as "Europe/Berlin": an offset knows no summer time.',
  },
  {
    fields: /^lifetime$/,
    values: /^\d+$/,
    hint: (days) => `Write the unit: "${days}d" for days, "${days}h" for hours.`,
  },
  {
    fields: /^(vlan|tag)$/,
    values: /^\d+\s*[-,]\s*\d+/,
    hint: () => 'Write one VLAN; several that pass a port stand in "trunks", or in "vlan_ids" of a bridge.',
  },
  {
    fields: /^(cidr|entries|source|dest|clients)$/,
    values: /^[\d.]+\s*-\s*[\d.]+$/,
    hint: () => 'Proxmox takes no range there: write the networks that it consists of, such as 10.0.0.64/27.',
  },
];

/** @param field the name of the field, or of the list for one of its entries */
export function adviceFor(field: string, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return ADVICE.find(({ fields, values }) => fields.test(field) && values.test(text))?.hint(text);
}
