// A CMS peer on BouncyCastle, as one process: a request a line on standard input, its fields in base64 with a space between;
// an answer a line on standard output, "ok" and the result in base64, or "no" and why.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.security.cert.*;
import java.security.interfaces.ECPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.util.*;
import javax.crypto.Cipher;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.*;
import org.bouncycastle.asn1.smime.*;
import org.bouncycastle.asn1.x509.*;
import org.bouncycastle.cert.*;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.*;
import org.bouncycastle.openssl.jcajce.*;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.Store;

public class Peer {
  static final Map<String, ASN1ObjectIdentifier> CIPHERS = Map.of(
      "AES-128-CBC", CMSAlgorithm.AES128_CBC, "AES-256-CBC", CMSAlgorithm.AES256_CBC,
      "AES-128-GCM", CMSAlgorithm.AES128_GCM, "AES-256-GCM", CMSAlgorithm.AES256_GCM,
      "ChaCha20-Poly1305", PKCSObjectIdentifiers.id_alg_AEADChaCha20Poly1305); // RFC 8103 section 1.1

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.US_ASCII);
    for (String line; (line = in.readLine()) != null; ) {
      List<byte[]> fields = new ArrayList<>();
      for (String field : line.split(" ", -1)) fields.add(Base64.getDecoder().decode(field));
      try {
        out.println("ok " + Base64.getEncoder().encodeToString(answer(text(fields.get(0)), fields)));
      } catch (Throwable e) {
        StringBuilder why = new StringBuilder();
        for (Throwable t = e; t != null; t = t.getCause()) why.append(t).append("; ");
        out.println("no " + why.toString().replace('\n', ' '));
      }
    }
  }

  static byte[] answer(String verb, List<byte[]> f) throws Exception {
    switch (verb) {
      case "version": return String.valueOf(new BouncyCastleProvider().getVersionStr()).getBytes(StandardCharsets.US_ASCII);
      case "encrypt": return encrypt(text(f.get(1)), text(f.get(2)), certificate(f.get(3)), f.get(4));
      case "decrypt": return decrypt(key(f.get(1)), certificate(f.get(2)), f.get(3));
      case "sign": return sign(text(f.get(1)), text(f.get(2)).equals("opaque"), key(f.get(3)), certificate(f.get(4)), f.get(5));
      case "verify": return verify(certificate(f.get(1)), f.get(2), f.size() > 3 ? f.get(3) : null);
    }
    throw new Exception("unknown request " + verb);
  }

  static String text(byte[] b) { return new String(b, StandardCharsets.US_ASCII); }

  static X509Certificate certificate(byte[] pem) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(new ByteArrayInputStream(pem));
  }

  static PrivateKey key(byte[] pem) throws Exception {
    try (PEMParser p = new PEMParser(new StringReader(text(pem)))) {
      return new JcaPEMKeyConverter().setProvider("BC").getPrivateKey((PrivateKeyInfo) p.readObject());
    }
  }

  // encrypt makes EnvelopedData, or AuthEnvelopedData where the cipher authenticates. The key wrap is as strong as the cipher
  // (RFC 8551 section 2.3).
  static byte[] encrypt(String cipher, String transport, X509Certificate to, byte[] content) throws Exception {
    ASN1ObjectIdentifier wrap = cipher.startsWith("AES-128") ? CMSAlgorithm.AES128_WRAP : CMSAlgorithm.AES256_WRAP;
    RecipientInfoGenerator recipient;
    String kind = to.getPublicKey().getAlgorithm();
    if (kind.equals("RSA") && transport.equals("OAEP")) {
      AlgorithmIdentifier oaep = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP,
          new OAEPParameterSpec("SHA-256", "MGF1", new MGF1ParameterSpec("SHA-256"), PSource.PSpecified.DEFAULT));
      recipient = new JceKeyTransRecipientInfoGenerator(to, oaep).setProvider("BC");
    } else if (kind.equals("RSA")) {
      recipient = new JceKeyTransRecipientInfoGenerator(to).setProvider("BC");
    } else if (to.getPublicKey() instanceof ECPublicKey) {
      KeyPairGenerator g = KeyPairGenerator.getInstance("EC", "BC");
      g.initialize(((ECPublicKey) to.getPublicKey()).getParams());
      KeyPair ephemeral = g.generateKeyPair();
      recipient = new JceKeyAgreeRecipientInfoGenerator(CMSAlgorithm.ECDH_SHA256KDF, ephemeral.getPrivate(), ephemeral.getPublic(), wrap)
          .setProvider("BC").addRecipient(to);
    } else {
      KeyPair ephemeral = KeyPairGenerator.getInstance(kind, "BC").generateKeyPair();
      // dhSinglePass-stdDH-hkdf-sha256-scheme, RFC 8418 section 2.3
      recipient = new JceKeyAgreeRecipientInfoGenerator(new ASN1ObjectIdentifier("1.2.840.113549.1.9.16.3.19"),
          ephemeral.getPrivate(), ephemeral.getPublic(), wrap).setProvider("BC").addRecipient(to);
    }
    JceCMSContentEncryptorBuilder encryptor = new JceCMSContentEncryptorBuilder(CIPHERS.get(cipher)).setProvider("BC");
    if (!cipher.endsWith("CBC")) {
      CMSAuthEnvelopedDataGenerator g = new CMSAuthEnvelopedDataGenerator();
      g.addRecipientInfoGenerator(recipient);
      OutputAEADEncryptor e = cipher.startsWith("ChaCha20") ? new ChaCha20() : (OutputAEADEncryptor) encryptor.build();
      return g.generate(new CMSProcessableByteArray(content), e).getEncoded();
    }
    CMSEnvelopedDataGenerator g = new CMSEnvelopedDataGenerator();
    g.addRecipientInfoGenerator(recipient);
    return g.generate(new CMSProcessableByteArray(content), encryptor.build()).getEncoded();
  }

  // ChaCha20 is the writer of RFC 8103, whose cipher this BouncyCastle has and whose message it reads.
  static class ChaCha20 implements OutputAEADEncryptor {
    private final SecretKeySpec key = new SecretKeySpec(random(32), "ChaCha20");
    private final byte[] nonce = random(12);
    private byte[] tag;

    private static byte[] random(int n) {
      byte[] b = new byte[n];
      new SecureRandom().nextBytes(b);
      return b;
    }

    public AlgorithmIdentifier getAlgorithmIdentifier() {
      return new AlgorithmIdentifier(CIPHERS.get("ChaCha20-Poly1305"), new DEROctetString(nonce));
    }
    public GenericKey getKey() { return new JceGenericKey(getAlgorithmIdentifier(), key); }
    public OutputStream getAADStream() { return OutputStream.nullOutputStream(); } // no authAttrs, no additional data
    public byte[] getMAC() { return tag; }
    public OutputStream getOutputStream(OutputStream out) {
      return new ByteArrayOutputStream() {
        @Override public void close() throws IOException {
          try {
            Cipher c = Cipher.getInstance("ChaCha20-Poly1305", "BC");
            c.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(nonce));
            byte[] all = c.doFinal(toByteArray());
            out.write(all, 0, all.length - 16);
            tag = Arrays.copyOfRange(all, all.length - 16, all.length);
          } catch (GeneralSecurityException e) {
            throw new IOException(e);
          }
        }
      };
    }
  }

  static byte[] decrypt(PrivateKey key, X509Certificate ours, byte[] der) throws Exception {
    boolean authenticated = ContentInfo.getInstance(der).getContentType().equals(CMSObjectIdentifiers.authEnvelopedData);
    boolean transported = ours.getPublicKey().getAlgorithm().equals("RSA");
    RecipientInformationStore entries =
        authenticated ? new CMSAuthEnvelopedData(der).getRecipientInfos() : new CMSEnvelopedData(der).getRecipientInfos();
    RecipientId id = transported ? new JceKeyTransRecipientId(ours) : new JceKeyAgreeRecipientId(ours);
    RecipientInformation entry = entries.get(id);
    if (entry == null) throw new Exception("no entry for this certificate");
    if (transported)
      return entry.getContent(authenticated ? new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC")
                                            : new JceKeyTransEnvelopedRecipient(key).setProvider("BC"));
    return entry.getContent(authenticated ? new Agreed(key).setProvider("BC") : new JceKeyAgreeEnvelopedRecipient(key).setProvider("BC"));
  }

  // Agreed is the recipient class for key agreement in AuthEnvelopedData, which this BouncyCastle lacks; agreement, key
  // unwrapping and cipher are its own, and so is that the tag stands behind the ciphertext here, as the cipher wants it.
  static class Agreed extends JceKeyAgreeRecipient {
    Agreed(PrivateKey key) { super(key); }

    public RecipientOperator getRecipientOperator(AlgorithmIdentifier keyEncryption, AlgorithmIdentifier contentEncryption,
        SubjectPublicKeyInfo sender, ASN1OctetString ukm, byte[] wrapped) throws CMSException {
      Key content = extractSecretKey(keyEncryption, contentEncryption, sender, ukm, wrapped);
      return new RecipientOperator(new InputDecryptor() {
        public AlgorithmIdentifier getAlgorithmIdentifier() { return contentEncryption; }
        public InputStream getInputStream(InputStream encrypted) {
          try {
            return new ByteArrayInputStream(open(content, contentEncryption, encrypted.readAllBytes()));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        }
      });
    }

    private static byte[] open(Key key, AlgorithmIdentifier cipher, byte[] encrypted) throws Exception {
      Cipher c;
      if (cipher.getAlgorithm().equals(PKCSObjectIdentifiers.id_alg_AEADChaCha20Poly1305)) {
        c = Cipher.getInstance("ChaCha20-Poly1305", "BC");
        byte[] nonce = ASN1OctetString.getInstance(cipher.getParameters()).getOctets();
        c.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key.getEncoded(), "ChaCha20"), new IvParameterSpec(nonce));
      } else {
        c = Cipher.getInstance("AES/GCM/NoPadding", "BC");
        GCMParameters p = GCMParameters.getInstance(cipher.getParameters());
        c.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key.getEncoded(), "AES"), new GCMParameterSpec(8 * p.getIcvLen(), p.getNonce()));
      }
      return c.doFinal(encrypted);
    }
  }

  static byte[] sign(String algorithm, boolean opaque, PrivateKey key, X509Certificate by, byte[] content) throws Exception {
    SMIMECapabilityVector opens = new SMIMECapabilityVector();
    opens.addCapability(SMIMECapability.aES256_CBC);
    ASN1EncodableVector attributes = new ASN1EncodableVector();
    attributes.add(new SMIMECapabilitiesAttribute(opens));
    CMSSignedDataGenerator g = new CMSSignedDataGenerator();
    g.addSignerInfoGenerator(new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC")
        .setSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(new org.bouncycastle.asn1.cms.AttributeTable(attributes)))
        .build(algorithm, key, by));
    g.addCertificates(new JcaCertStore(List.of(by)));
    return g.generate(new CMSProcessableByteArray(content), opaque).getEncoded();
  }

  static byte[] verify(X509Certificate root, byte[] der, byte[] detached) throws Exception {
    CMSSignedData s = detached != null ? new CMSSignedData(new CMSProcessableByteArray(detached), der) : new CMSSignedData(der);
    Store<X509CertificateHolder> certificates = s.getCertificates();
    Collection<SignerInformation> signers = s.getSignerInfos().getSigners();
    if (signers.isEmpty()) throw new Exception("nobody signed");
    for (SignerInformation signer : signers) {
      @SuppressWarnings("unchecked") Collection<X509CertificateHolder> found = certificates.getMatches(signer.getSID());
      if (found.isEmpty()) throw new Exception("the signer's certificate is missing");
      X509Certificate c = new JcaX509CertificateConverter().setProvider("BC").getCertificate(found.iterator().next());
      c.verify(root.getPublicKey(), "BC");
      if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(c))) throw new Exception("bad signature");
    }
    return detached != null ? detached : (byte[]) s.getSignedContent().getContent();
  }
}
