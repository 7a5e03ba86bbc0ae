import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Validates DICE certificate chains with Bouncy Castle: PKIX path validation (RFC 5280) with the root as trust anchor.
 *
 * Arguments: directories of DER certificates, root first by name. Exits 1 if a chain is refused, or if Bouncy Castle
 * accepts it with a bit of its last signature flipped.
 */
public final class Verify {
    /**
     * Critical extensions of DICE that RFC 5280 does not know and a PKIX validator therefore has to leave to its caller:
     * tcg-dice-MultiTcbInfo, tcg-dice-Ueid. DICE Attestation Architecture, section 6.
     */
    private static final Set<String> DICE = Set.of("2.23.133.5.4.5", "2.23.133.5.4.4", "2.23.133.5.4.1");

    private static X509Certificate parse(byte[] der) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    }

    private static List<byte[]> read(Path directory) throws Exception {
        List<Path> files = new ArrayList<>();
        try (var entries = Files.list(directory)) {
            entries.sorted().forEach(files::add);
        }
        List<byte[]> chain = new ArrayList<>();
        for (Path file : files) chain.add(Files.readAllBytes(file));
        return chain;
    }

    private static void validate(List<byte[]> rootFirst) throws Exception {
        List<X509Certificate> path = new ArrayList<>();
        for (byte[] der : rootFirst) path.add(parse(der));
        X509Certificate root = path.remove(0);
        root.verify(root.getPublicKey(), "BC");
        Collections.reverse(path);
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(false);
        parameters.addCertPathChecker(new DiceExtensions());
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        CertPathValidator.getInstance("PKIX", "BC").validate(factory.generateCertPath(path), parameters);
    }

    private static final class DiceExtensions extends java.security.cert.PKIXCertPathChecker {
        @Override
        public void init(boolean forward) {}

        @Override
        public boolean isForwardCheckingSupported() {
            return false;
        }

        @Override
        public Set<String> getSupportedExtensions() {
            return DICE;
        }

        @Override
        public void check(java.security.cert.Certificate certificate, java.util.Collection<String> unresolved) {
            unresolved.removeAll(DICE);
        }
    }

    private static boolean check(Path directory) throws Exception {
        List<byte[]> chain = read(directory);
        validate(chain);
        X509Certificate leaf = parse(chain.get(chain.size() - 1));
        System.out.println("  accepted " + directory.getFileName() + ": " + chain.size() + " certificates, "
            + leaf.getSigAlgName());
        byte[] last = chain.get(chain.size() - 1).clone();
        last[last.length - 1] ^= 1;
        chain.set(chain.size() - 1, last);
        try {
            validate(chain);
        } catch (Exception refused) {
            return true;
        }
        System.out.println("  ACCEPTED with a flipped bit: " + directory);
        return false;
    }

    public static void main(String[] directories) throws Exception {
        BouncyCastleProvider provider = new BouncyCastleProvider();
        Security.addProvider(provider);
        System.out.println(provider.getInfo() + ", Java " + System.getProperty("java.version"));
        boolean accepted = directories.length > 0;
        for (String directory : directories) accepted &= check(Path.of(directory));
        System.exit(accepted ? 0 : 1);
    }
}
