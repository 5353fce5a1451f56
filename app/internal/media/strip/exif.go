package strip

import (
	"bytes"
	"encoding/binary"
)

// orientation reads how a picture is to be turned from a TIFF block (EXIF 2.3,
// tag 0x0112 of its first directory): 1 to 8, 1 where it does not say.
func orientation(tiff []byte) byte {
	tiff = bytes.TrimPrefix(tiff, []byte("Exif\x00\x00")) // some write it in WebP, too
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(tiff, []byte("II*\x00")):
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	count := int(order.Uint16(tiff[at:]))
	for entry := tiff[at+2:]; count > 0 && len(entry) >= 12; count-- {
		const tag, short = 0x0112, 3
		if order.Uint16(entry) == tag && order.Uint16(entry[2:]) == short && order.Uint32(entry[4:]) == 1 {
			if v := order.Uint16(entry[8:]); v >= 1 && v <= 8 {
				return byte(v)
			}
			return 1
		}
		entry = entry[12:]
	}
	return 1
}

// onlyOrientation is a TIFF block that says nothing else.
func onlyOrientation(o byte) []byte {
	return []byte{
		'M', 'M', 0, '*', 0, 0, 0, 8, // the directory follows
		0, 1, // with one entry
		0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, o, 0, 0,
		0, 0, 0, 0, // and is the last
	}
}
