// Reads the certificate manifest. Each entry is checked on its own: an invalid one does not affect the others.

import { parse } from '../../config/read/parse.ts';
import { type Place, placeIn } from '../../config/read/place.ts';
import { targetId } from '../../model/ids.ts';
import type { Declaration, Reading } from '../declaration.ts';
import type { Certificate } from './declared.ts';
import { normaliseCertificate } from './normalise.ts';
import {
  acmeNamesCanBeProved,
  certificatesAreApart,
  certificatesAreMounted,
  commonNamesAreAmongTheNames,
  gatewayCertificatesHoldEveryName,
  hooksNameGuests,
  keysAreNotWorldReadable,
  ownersHaveNumbers,
} from './rules/certificates.ts';
import { secretFoldersHaveOneOwner } from './rules/shared-paths.ts';
import { CERTIFICATE_FILE, certificate, certificateFile } from './schema.ts';

export const declaration: Declaration = {
  files: [
    {
      name: 'certificate-manifest',
      shortName: 'certificates',
      path: CERTIFICATE_FILE,
      schema: certificateFile,
      ifEmpty: 'Write [] for no certificates, or remove the file.',
    },
  ],
  read: (reading) => ({ certificates: readCertificates(reading) }),
  rules: [
    hooksNameGuests,
    certificatesAreMounted,
    keysAreNotWorldReadable,
    acmeNamesCanBeProved,
    certificatesAreApart,
    ownersHaveNumbers,
    commonNamesAreAmongTheNames,
    gatewayCertificatesHoldEveryName,
    secretFoldersHaveOneOwner,
  ],
};

function readCertificates(reading: Reading): Certificate[] {
  const { diagnostics, unreadable } = reading;
  const at: Place = { file: CERTIFICATE_FILE, path: '' };
  const read = reading.json(CERTIFICATE_FILE, 'optional');
  const raw = read === undefined ? [] : read;
  if (!Array.isArray(raw)) {
    const hint = 'Write a list in brackets, with an object in braces for each certificate.';
    diagnostics.add([{ code: 'INVALID_VALUE', at, message: 'the document must be a list of certificates', hint }]);
    unreadable.addFile(CERTIFICATE_FILE);
    return [];
  }
  reading.inspect(null, raw, at);
  return raw.flatMap((entry, index) => {
    const place = placeIn(at, index);
    const parsed = parse(certificate, entry, place);
    diagnostics.add(parsed.diagnostics);
    if (parsed.value === undefined) {
      unreadable.addFile(CERTIFICATE_FILE);
      return [];
    }
    const normalised = normaliseCertificate(parsed.value, place);
    const target = targetId('certificate', normalised.certificate.commonName);
    diagnostics.add(normalised.diagnostics.map((diagnostic) => ({ ...diagnostic, target })));
    return [normalised.certificate];
  });
}
