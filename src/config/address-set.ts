// Sets of IP addresses, for questions such as "is every address of this network in one of those".

import { type Network, parseNetwork, parseRange } from './address.ts';

/** Ranges of addresses, in no order; they may overlap. */
export type AddressSet = readonly AddressRange[];

interface AddressRange {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32n, 6: 128n } as const;

/** Every address of both versions. */
export const EVERY_ADDRESS: AddressSet = ([4, 6] as const).map((version) => ({
  version,
  first: 0n,
  last: (1n << BITS[version]) - 1n,
}));

/** The addresses of a network, whether or not its address has host bits. */
export function addressesIn({ address, bits }: Network): AddressSet {
  const version = address.kind() === 'ipv4' ? 4 : 6;
  const size = 1n << (BITS[version] - BigInt(bits));
  const value = numberOf(address.toByteArray());
  const first = value - (value % size);
  return [{ version, first, last: first + size - 1n }];
}

/** The addresses of `10.0.0.1`, `10.0.0.0/24` or `10.0.0.5-10.0.0.9`; undefined for anything else. */
export function parseAddressSet(text: string): AddressSet | undefined {
  const network = parseNetwork(text);
  if (network !== undefined) return addressesIn(network);
  const range = parseRange(text);
  if (range === undefined) return undefined;
  const [first, last] = [range.first, range.last].map((address) => numberOf(address.toByteArray()));
  return first === undefined || last === undefined
    ? undefined
    : [{ version: range.first.kind() === 'ipv4' ? 4 : 6, first, last }];
}

/** Whether some address is in both sets. */
export function intersects(one: AddressSet, other: AddressSet): boolean {
  return one.some((a) => other.some((b) => overlap(a, b)));
}

/** The addresses of `set` that are not in `removed`; an empty list when none is left. */
export function withoutAddresses(set: AddressSet, removed: AddressSet): AddressSet {
  return removed.reduce<AddressSet>(
    (left, gone) => left.flatMap((range) => (overlap(range, gone) ? around(range, gone) : [range])),
    set,
  );
}

function around({ version, first, last }: AddressRange, gone: AddressRange): AddressRange[] {
  return [
    ...(first < gone.first ? [{ version, first, last: gone.first - 1n }] : []),
    ...(gone.last < last ? [{ version, first: gone.last + 1n, last }] : []),
  ];
}

function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
