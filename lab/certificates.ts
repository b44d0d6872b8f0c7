// Keys and certificates, created within the process.

export { keyText, makeCertificate, newKey } from './src/certificates/certificates.ts';
