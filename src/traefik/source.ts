// Checks of the client source, which several middlewares share.

import type { JsonObject } from '../model/json.ts';
import { addressFault } from './address.ts';
import { disabled, type Fault } from './fault.ts';
import { flag, integerOrZero, isSection, section, text, texts } from './read.ts';

/** Pure. Faults of `sourceCriterion`. */
export function sourceFaults(config: JsonObject): Fault[] {
  const criterion = section(config['sourceCriterion']);
  const strategy = criterion['ipStrategy'];
  const ways = [
    isSection(strategy) ? 'ipStrategy' : '',
    text(criterion['requestHeaderName']) === '' ? '' : 'requestHeaderName',
    flag(criterion['requestHost']) ? 'requestHost' : '',
  ].filter((way) => way !== '');
  if (ways.length > 1) {
    const hint = `Keep ${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}.`;
    return [
      disabled(['sourceCriterion', ways[1] ?? ''], { message: `${ways.join(' and ')} exclude each other`, hint }),
    ];
  }
  return strategyFaults(section(strategy), ['sourceCriterion', 'ipStrategy']);
}

/** Pure. Faults of `ipStrategy`; the depth takes precedence over excluded addresses. */
export function strategyFaults(strategy: JsonObject, path: readonly string[]): Fault[] {
  const excluded = texts(strategy['excludedIPs']);
  const byDepth = integerOrZero(strategy['depth']) > 0;
  const subnet = strategy['ipv6Subnet'];
  if (!byDepth && excluded.length > 0) return addressFaults(excluded, [...path, 'excludedIPs']);
  if (subnet === undefined || subnet === null || (integerOrZero(subnet) > 0 && integerOrZero(subnet) <= 128)) return [];
  const message = `${String(subnet)} is no length of an IPv6 prefix`;
  return [disabled([...path, 'ipv6Subnet'], { message, hint: 'Write 1 to 128, for example 64.' })];
}

/** Pure. Faults of a list of addresses and networks. */
export function addressFaults(addresses: readonly string[], path: readonly string[]): Fault[] {
  return addresses.flatMap((address, index) => {
    const fault = addressFault(address);
    return fault === null ? [] : [disabled([...path, String(index)], fault)];
  });
}
