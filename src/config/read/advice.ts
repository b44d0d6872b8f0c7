// What to write where no value can be guessed from the written one. Pure.

interface Advice {
  /** Fields that it is for, by name; of an entry of a list, that of the list. */
  readonly fields: RegExp;
  readonly values: RegExp;
  /** Only for an entry of a list: the field has another meaning where it holds one value. */
  readonly ofEntries?: boolean;
  readonly hint: (value: string) => string;
}

/** A name, where a guest's number is meant. */
const NAME = /^[a-z][\w.-]*$/i;
const NUMBER_OF_GUEST = 'Write the number of the guest, such as 101, in place of its name.';

const ADVICE: readonly Advice[] = [
  {
    fields: /^vmstatestorage$|(^|[_-])storage(_pool)?$/,
    values: /^\//,
    hint: (path) =>
      `Write the name of a storage. A folder becomes one below "storages" of etc/phoenix_datacenter_config.json: {"type": "dir", "path": ${JSON.stringify(path)}}.`,
  },
  {
    // Of resources, of ZFS and of LVM: each has a name, and none is a folder.
    fields: /^(thin)?pool$/,
    values: /^\/+[\w.-]/,
    hint: (path) => `Write its name: ${JSON.stringify(path.replace(/^\/+/, ''))}.`,
  },
  { fields: /^(vms|vmids?|exclude|dependencies|guest|clone_from_\w+)$/, values: NAME, hint: () => NUMBER_OF_GUEST },
  { fields: /^protected$/, ofEntries: true, values: NAME, hint: () => NUMBER_OF_GUEST },
  {
    fields: /^rate$/,
    values: /^\d+(\.\d+)? ?mb(it)?(ps|\/s)?$/i,
    hint: () => 'Write megabytes per second: those of megabits are an eighth.',
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
export function adviceFor(
  field: string,
  value: unknown,
  { isEntry }: { readonly isEntry: boolean },
): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return ADVICE.find(
    ({ fields, values, ofEntries = false }) => fields.test(field) && values.test(text) && (isEntry || !ofEntries),
  )?.hint(text);
}
