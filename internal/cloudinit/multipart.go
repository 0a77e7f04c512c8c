package cloudinit

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	mimemultipart "mime/multipart"
	"net/mail"
	"strings"
)

// checkMultipart reads a MIME message as cloud-init does, and checks the parts that this package knows.
func checkMultipart(document []byte) error {
	message, err := mail.ReadMessage(bytes.NewReader(document))
	if err != nil {
		return fault("the document is not a MIME message: %s", oneLine(err))
	}
	mediaType, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(mediaType, "multipart/") || parameters["boundary"] == "" {
		return fault(`the MIME message has no header such as Content-Type: multipart/mixed; boundary="==part=="`)
	}
	parts := mimemultipart.NewReader(message.Body, parameters["boundary"])
	for number := 1; ; number++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			if number == 1 {
				return fault("the MIME message has no part")
			}
			return nil
		}
		if err != nil {
			return fault("part %d of the MIME message cannot be read: %s: is there a line with the boundary and -- at the end?", number, oneLine(err))
		}
		if err := checkPart(part); err != nil {
			return fault("part %d of the MIME message: %v", number, err)
		}
	}
}

// checkPart checks a part by its type or, where that says nothing, by its first line.
func checkPart(part *mimemultipart.Part) error {
	content, err := content(part)
	if err != nil {
		return err
	}
	mediaType, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		mediaType = "text/plain"
	}
	found := kindOf(content)
	switch mediaType {
	case "text/cloud-config":
		found = cloudConfig
	case "text/x-shellscript":
		if found != script {
			return errors.New("a part of type text/x-shellscript must start with #! and an interpreter, such as #!/bin/sh")
		}
	case "text/plain":
		if found == unknownKind {
			return errors.New("cloud-init would ignore it: set its Content-Type to text/cloud-config or text/x-shellscript")
		}
	default:
		return nil // one of the other types that cloud-init knows
	}
	if found == multipart {
		return errors.New("it is a MIME message itself: put its parts into the outer one")
	}
	if found == script {
		return checkScript(content)
	}
	_, err = checkCloudConfig(content)
	return err
}

// content is that of a part, decoded.
func content(part *mimemultipart.Part) ([]byte, error) {
	raw, err := io.ReadAll(part)
	if err != nil {
		return nil, errors.New("it does not end: is there a line with the boundary and -- at the end?")
	}
	switch encoding := strings.ToLower(part.Header.Get("Content-Transfer-Encoding")); encoding {
	case "", "7bit", "8bit", "binary":
		return raw, nil
	case "base64":
		decoded, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(raw)))
		if err != nil {
			return nil, errors.New("it is not base64, as its Content-Transfer-Encoding says")
		}
		return decoded, nil
	}
	return nil, errors.New("its Content-Transfer-Encoding is not one of 7bit, 8bit and base64: use one of them")
}
