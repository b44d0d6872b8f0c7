// Checks of middlewares for failures and response bodies: buffering, retries, circuit breakers, compression, error pages.

import type { JsonObject } from '../../model/json.ts';
import { CIRCUIT_BREAKER, conditionFault, RETRY } from '../condition.ts';
import { disabled, type Fault, useless } from '../fault.ts';
import { isMediaType } from '../media-type.ts';
import { flag, integerOrZero, section, text, texts } from '../read.ts';
import { emptyRangeFault, rangeFault } from '../status.ts';

const SIZES = ['maxRequestBodyBytes', 'memRequestBodyBytes', 'maxResponseBodyBytes', 'memResponseBodyBytes'];

export function buffering(config: JsonObject): Fault[] {
  const expression = text(config['retryExpression']);
  const fault = expression === '' ? null : conditionFault(expression, RETRY);
  return [
    ...SIZES.filter((name) => integerOrZero(config[name]) < 0).map((name) =>
      disabled([name], { message: 'a size cannot be negative', hint: 'Write bytes, or 0 for no limit.' }),
    ),
    ...(fault === null ? [] : [disabled(['retryExpression'], fault)]),
  ];
}

export function circuitBreaker(config: JsonObject): Fault[] {
  const fault = conditionFault(text(config['expression']), CIRCUIT_BREAKER);
  const code = config['responseCode'];
  const answers = code === undefined || (integerOrZero(code) >= 100 && integerOrZero(code) <= 999);
  const message = `${String(code)} is no status of HTTP`;
  return [
    ...(fault === null ? [] : [disabled(['expression'], fault)]),
    ...(answers ? [] : [useless(['responseCode'], { message, hint: 'Write 503.' })]),
  ];
}

const ENCODINGS = ['gzip', 'br', 'zstd'];

export function compress(config: JsonObject): Fault[] {
  const encodings = config['encodings'] === undefined ? ENCODINGS : texts(config['encodings']);
  const standard = text(config['defaultEncoding']);
  const hint = `There are ${ENCODINGS.join(', ')}.`;
  const types = ['excludedContentTypes', 'includedContentTypes'] as const;
  const faults = types.flatMap((name) =>
    texts(config[name]).flatMap((type, index): Fault[] => {
      if (isMediaType(type)) return [];
      const message = `"${type}" is no media type`;
      return [disabled([name, String(index)], { message, hint: 'Write text/html.' })];
    }),
  );
  if (types.every((name) => texts(config[name]).length > 0))
    faults.push(disabled([], { message: `${types.join(' and ')} exclude each other`, hint: 'Keep one of them.' }));
  if (encodings.length === 0) faults.push(disabled(['encodings'], { message: 'there is no encoding', hint }));
  for (const [index, encoding] of encodings.entries()) {
    if (!ENCODINGS.includes(encoding))
      faults.push(
        disabled(['encodings', String(index)], { message: `"${encoding}" is no encoding that Traefik has`, hint }),
      );
  }
  if (standard !== '' && !encodings.includes(standard)) {
    const message = `"${standard}" is not among the encodings`;
    faults.push(disabled(['defaultEncoding'], { message, hint: `Write ${encodings.join(' or ')}.` }));
  }
  return faults;
}

export function errors(config: JsonObject): Fault[] {
  const rewrites = Object.keys(section(config['statusRewrites'])).flatMap((range): Fault[] => {
    const fault = rangeFault(range);
    return fault === null ? [] : [disabled(['statusRewrites', range], fault)];
  });
  return [...ranges(config), ...rewrites];
}

export function retry(config: JsonObject): Fault[] {
  const attempts = integerOrZero(config['attempts']);
  const hint = 'Write a number above 0, for example 3.';
  const faults = ranges(config);
  if (attempts <= 0) faults.push(disabled(['attempts'], { message: `${attempts} attempts are none`, hint }));
  if (flag(config['disableRetryOnNetworkError']) && texts(config['status']).length === 0)
    faults.push(
      disabled(['status'], {
        message: 'nothing is left to try again for',
        hint: 'Set status, for example to 502-504.',
      }),
    );
  return faults;
}

function ranges(config: JsonObject): Fault[] {
  return texts(config['status']).flatMap((range, index): Fault[] => {
    const path = ['status', String(index)];
    const fault = rangeFault(range);
    const empty = emptyRangeFault(range);
    return fault !== null ? [disabled(path, fault)] : empty === null ? [] : [useless(path, empty)];
  });
}
