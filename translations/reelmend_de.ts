<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_GB">
<context>
    <name>CoreWords</name>
    <message>
        <source>The clip is interlaced. For the best result choose Deinterlace under Fields.</source>
        <translation>Der Clip ist verschränkt. Am besten wird das Ergebnis mit „Zusammenfügen“ unter „Halbbilder“.</translation>
    </message>
    <message>
        <source>The file does not name its colours. They are shown as %1.</source>
        <translation>Die Datei nennt ihre Farben nicht. Gezeigt werden sie als %1.</translation>
    </message>
    <message>
        <source>The file does not name its colours. They are shown as %1, full range.</source>
        <translation>Die Datei nennt ihre Farben nicht. Gezeigt werden sie als %1 mit vollem Wertebereich.</translation>
    </message>
    <message>
        <source>Key frames are up to %1 frames apart, so jumping to a frame takes longer.</source>
        <translation>Schlüsselbilder liegen bis zu %1 Bilder auseinander; ein Sprung zu einem Bild dauert daher länger.</translation>
    </message>
    <message>
        <source>Numbered pictures carry no frame rate; %1 fps is assumed.</source>
        <translation>Nummerierte Bilder haben keine Bildrate; angenommen werden %1 fps.</translation>
    </message>
    <message>
        <source>Frames do not come at a steady rate: between %1 and %2 fps. Their times are kept.</source>
        <translation>Die Bilder kommen nicht gleichmäßig: zwischen %1 und %2 fps. Ihre Zeiten bleiben erhalten.</translation>
    </message>
    <message>
        <source>Picture %1 is missing; the one before is shown instead.</source>
        <translation>Bild %1 fehlt; stattdessen wird das davor gezeigt.</translation>
    </message>
    <message>
        <source>Pictures %1 are missing; the one before is shown instead.</source>
        <translation>Die Bilder %1 fehlen; stattdessen wird das davor gezeigt.</translation>
    </message>
    <message>
        <source>Frame %1 is damaged; what can be decoded, or else the nearest whole frame, is shown instead.</source>
        <translation>Bild %1 ist beschädigt; gezeigt wird, was lesbar ist, sonst das nächste ganze Bild.</translation>
    </message>
    <message>
        <source>Frames %1 are damaged; what can be decoded, or else the nearest whole frame, is shown instead.</source>
        <translation>Die Bilder %1 sind beschädigt; gezeigt wird, was lesbar ist, sonst das nächste ganze Bild.</translation>
    </message>
    <message>
        <source>From frame %1 on the pictures are %2; they are scaled to the size the clip begins with.</source>
        <translation>Ab Bild %1 messen die Bilder %2; sie werden auf die Größe vom Anfang des Clips gebracht.</translation>
    </message>
    <message>
        <source>Some frames had missing or repeated times; these were made up from their neighbours.</source>
        <translation>Einigen Bildern fehlte die Zeit, oder sie kam doppelt vor; sie wurde aus den Nachbarn ergänzt.</translation>
    </message>
    <message>
        <source>The file ends early: %1 frames can be read, its header promises %2.</source>
        <translation>Die Datei endet zu früh: %1 Bilder sind lesbar, ihr Kopf verspricht %2.</translation>
    </message>
    <message>
        <source>The file ends early: %1 frames can be read.</source>
        <translation>Die Datei endet zu früh: %1 Bilder sind lesbar.</translation>
    </message>
    <message>
        <source>Picture %1 has another size (%2); the clip cannot be read beyond.</source>
        <translation>Bild %1 hat eine andere Größe (%2); weiter ist der Clip nicht lesbar.</translation>
    </message>
    <message>
        <source>Pictures %1 have another size (%2); the clip cannot be read beyond.</source>
        <translation>Die Bilder %1 haben eine andere Größe (%2); weiter ist der Clip nicht lesbar.</translation>
    </message>
    <message>
        <source>&quot;%1&quot; cannot be opened.</source>
        <translation>„%1“ kann nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>&quot;%1&quot; cannot be read.</source>
        <translation>„%1“ ist nicht lesbar.</translation>
    </message>
    <message>
        <source>&quot;%1&quot; cannot be decoded.</source>
        <translation>„%1“ ist nicht lesbar.</translation>
    </message>
    <message>
        <source>&quot;%1&quot; cannot be written.</source>
        <translation>„%1“ kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>&quot;%1&quot; cannot be enhanced.</source>
        <translation>„%1“ kann nicht verbessert werden.</translation>
    </message>
    <message>
        <source>The file &quot;%1&quot; cannot be written.</source>
        <translation>Die Datei „%1“ kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The folder &quot;%1&quot; cannot be made.</source>
        <translation>Der Ordner „%1“ kann nicht angelegt werden.</translation>
    </message>
    <message>
        <source>The file is empty.</source>
        <translation>Die Datei ist leer.</translation>
    </message>
    <message>
        <source>Check how it was copied or made.</source>
        <translation>Prüfen Sie, wie sie kopiert oder erzeugt wurde.</translation>
    </message>
    <message>
        <source>Its end is missing, where such a file keeps the index without which nothing in it can be found.</source>
        <translation>Ihr Ende fehlt, und mit ihm das Verzeichnis, ohne das in ihr nichts zu finden ist.</translation>
    </message>
    <message>
        <source>Copy it again completely, or repair it with a recovery program.</source>
        <translation>Kopieren Sie sie noch einmal ganz, oder stellen Sie sie mit einem Rettungsprogramm her.</translation>
    </message>
    <message>
        <source>It is not a video that can be read, or its header is damaged.</source>
        <translation>Es ist kein lesbares Video, oder sein Kopf ist beschädigt.</translation>
    </message>
    <message>
        <source>Check that it is the file you meant and that it was copied completely.</source>
        <translation>Prüfen Sie, ob es die richtige Datei ist und ob sie ganz kopiert wurde.</translation>
    </message>
    <message>
        <source>Check that the file was copied completely.</source>
        <translation>Prüfen Sie, ob die Datei ganz kopiert wurde.</translation>
    </message>
    <message>
        <source>It holds no moving pictures.</source>
        <translation>Sie enthält keine bewegten Bilder.</translation>
    </message>
    <message>
        <source>Choose a video file.</source>
        <translation>Wählen Sie eine Videodatei.</translation>
    </message>
    <message>
        <source>It is a device or a pipe, not a file.</source>
        <translation>Es ist ein Gerät oder eine Leitung, keine Datei.</translation>
    </message>
    <message>
        <source>Not a single frame of it can be read.</source>
        <translation>Kein einziges Bild darin ist lesbar.</translation>
    </message>
    <message>
        <source>Its header gives no picture size.</source>
        <translation>Ihr Kopf nennt keine Bildgröße.</translation>
    </message>
    <message>
        <source>Its header claims %1 pixels.</source>
        <translation>Ihr Kopf behauptet %1 Pixel.</translation>
    </message>
    <message>
        <source>The file is probably damaged: check it in another program.</source>
        <translation>Die Datei ist vermutlich beschädigt: Prüfen Sie sie in einem anderen Programm.</translation>
    </message>
    <message>
        <source>The file changed while it was being read.</source>
        <translation>Die Datei hat sich beim Lesen verändert.</translation>
    </message>
    <message>
        <source>The file ends earlier than when it was opened.</source>
        <translation>Die Datei endet früher als beim Öffnen.</translation>
    </message>
    <message>
        <source>Open it again.</source>
        <translation>Öffnen Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>The installed FFmpeg has no decoder for %1.</source>
        <translation>Das installierte FFmpeg kann %1 nicht lesen.</translation>
    </message>
    <message>
        <source>Convert the clip to H.264, ProRes or FFV1 with another program, or install a fuller FFmpeg.</source>
        <translation>Wandeln Sie den Clip mit einem anderen Programm in H.264, ProRes oder FFV1 um, oder installieren Sie ein vollständigeres FFmpeg.</translation>
    </message>
    <message>
        <source>Frame %1 of &quot;%2&quot; cannot be decoded.</source>
        <translation>Bild %1 von „%2“ ist nicht lesbar.</translation>
    </message>
    <message>
        <source>Its data is damaged, and so is that around it.</source>
        <translation>Es ist beschädigt, und was daneben liegt, auch.</translation>
    </message>
    <message>
        <source>Its first frame is damaged or of a kind that cannot be unpacked.</source>
        <translation>Das erste Bild ist beschädigt oder von einer Art, die sich nicht auspacken lässt.</translation>
    </message>
    <message>
        <source>Check the clip in another program.</source>
        <translation>Prüfen Sie den Clip in einem anderen Programm.</translation>
    </message>
    <message>
        <source>Picture &quot;%1&quot; cannot be used.</source>
        <translation>Das Bild „%1“ ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>It is %1 pixels large, the first is %2.</source>
        <translation>Es ist %1 Pixel groß, das erste %2.</translation>
    </message>
    <message>
        <source>Make all pictures the same size.</source>
        <translation>Bringen Sie alle Bilder auf dieselbe Größe.</translation>
    </message>
    <message>
        <source>No numbered picture of that name is there.</source>
        <translation>Es gibt kein nummeriertes Bild dieses Namens.</translation>
    </message>
    <message>
        <source>The folder holds no numbered pictures.</source>
        <translation>Der Ordner enthält keine nummerierten Bilder.</translation>
    </message>
    <message>
        <source>Choose a folder with pictures such as &quot;%1&quot;, or a video file.</source>
        <translation>Wählen Sie einen Ordner mit Bildern wie „%1“ oder eine Videodatei.</translation>
    </message>
    <message>
        <source>It is not a picture that can be read, or it is damaged.</source>
        <translation>Es ist kein lesbares Bild, oder es ist beschädigt.</translation>
    </message>
    <message>
        <source>Open it in a picture viewer to check it.</source>
        <translation>Öffnen Sie es zur Probe in einem Bildbetrachter.</translation>
    </message>
    <message>
        <source>This mask is %1 pixels large, the clip is %2.</source>
        <translation>Diese Maske ist %1 Pixel groß, der Clip %2.</translation>
    </message>
    <message>
        <source>Choose a mask of %1 pixels.</source>
        <translation>Wählen Sie eine Maske mit %1 Pixeln.</translation>
    </message>
    <message>
        <source>This mask has gaps.</source>
        <translation>Diese Maske hat Lücken.</translation>
    </message>
    <message>
        <source>Add the missing pictures, or choose one picture for all.</source>
        <translation>Ergänzen Sie die fehlenden Bilder, oder wählen Sie ein Bild für alle.</translation>
    </message>
    <message>
        <source>This mask has %1 pictures, the clip has %2 frames.</source>
        <translation>Diese Maske hat %1 Bilder, der Clip %2.</translation>
    </message>
    <message>
        <source>Choose a mask with %1 pictures, or one picture for all.</source>
        <translation>Wählen Sie eine Maske mit %1 Bildern oder ein Bild für alle.</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>Der Datenträger ist voll.</translation>
    </message>
    <message>
        <source>There is no room for the result in &quot;%1&quot;.</source>
        <translation>In „%1“ ist kein Platz für das Ergebnis.</translation>
    </message>
    <message>
        <source>There is no room for the job&apos;s finished pieces in &quot;%1&quot;.</source>
        <translation>In „%1“ ist kein Platz für die fertigen Stücke des Auftrags.</translation>
    </message>
    <message>
        <source>At least %1 is needed, and %2 is free.</source>
        <translation>Mindestens %1 werden gebraucht, %2 sind frei.</translation>
    </message>
    <message>
        <source>Free some space, or choose a folder on another disk.</source>
        <translation>Schaffen Sie Platz, oder wählen Sie einen Ordner auf einem anderen Datenträger.</translation>
    </message>
    <message>
        <source>Choose a folder on another disk.</source>
        <translation>Wählen Sie einen Ordner auf einem anderen Datenträger.</translation>
    </message>
    <message>
        <source>%1 finished frames are kept: start the job again afterwards.</source>
        <translation>%1 fertige Bilder bleiben erhalten: Starten Sie den Auftrag danach erneut.</translation>
    </message>
    <message>
        <source>Its folder takes no files.</source>
        <translation>In diesen Ordner lässt sich nichts schreiben.</translation>
    </message>
    <message>
        <source>Its folder does not exist.</source>
        <translation>Den Ordner gibt es nicht.</translation>
    </message>
    <message>
        <source>Make the folder first, or choose another.</source>
        <translation>Legen Sie den Ordner zuerst an, oder wählen Sie einen anderen.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>It is a folder.</source>
        <translation>Es ist ein Ordner.</translation>
    </message>
    <message>
        <source>Add a file name.</source>
        <translation>Fügen Sie einen Dateinamen an.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>It is the clip that is being read.</source>
        <translation>Es ist der Clip, der gelesen wird.</translation>
    </message>
    <message>
        <source>A file of that name is there already.</source>
        <translation>Eine Datei dieses Namens gibt es schon.</translation>
    </message>
    <message>
        <source>Choose another name, or allow it to be replaced.</source>
        <translation>Wählen Sie einen anderen Namen, oder erlauben Sie, sie zu ersetzen.</translation>
    </message>
    <message>
        <source>The job %1 is making it.</source>
        <translation>Der Auftrag %1 erzeugt sie gerade.</translation>
    </message>
    <message>
        <source>Choose another name, or cancel that job first.</source>
        <translation>Wählen Sie einen anderen Namen, oder brechen Sie diesen Auftrag zuerst ab.</translation>
    </message>
    <message>
        <source>The result would replace the mask. Choose another name.</source>
        <translation>Das Ergebnis würde die Maske ersetzen. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>The result would replace the clip itself. Choose another name.</source>
        <translation>Das Ergebnis würde den Clip selbst ersetzen. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>The result would be %1; no side may be longer than %2 pixels.</source>
        <translation>Das Ergebnis wäre %1 groß; keine Seite darf länger als %2 Pixel sein.</translation>
    </message>
    <message>
        <source>A name for the result is needed.</source>
        <translation>Das Ergebnis braucht einen Namen.</translation>
    </message>
    <message>
        <source>The clip could not be enhanced.</source>
        <translation>Der Clip konnte nicht verbessert werden.</translation>
    </message>
    <message>
        <source>Memory ran out.</source>
        <translation>Der Arbeitsspeicher reichte nicht.</translation>
    </message>
    <message>
        <source>Close other programs and start the job again: it goes on from its finished frames.</source>
        <translation>Schließen Sie andere Programme und starten Sie den Auftrag erneut: Er macht nach den fertigen Bildern weiter.</translation>
    </message>
    <message>
        <source>This is a fault of the program. The job&apos;s folder holds a log that helps to find it.</source>
        <translation>Das ist ein Fehler des Programms. Im Ordner des Auftrags liegt ein Protokoll, das ihn finden hilft.</translation>
    </message>
    <message>
        <source>The job %1 cannot be run.</source>
        <translation>Der Auftrag %1 kann nicht laufen.</translation>
    </message>
    <message>
        <source>Another process is running it.</source>
        <translation>Er läuft schon in einem anderen Prozess.</translation>
    </message>
    <message>
        <source>Wait for it, or cancel it first.</source>
        <translation>Warten Sie auf ihn, oder brechen Sie ihn zuerst ab.</translation>
    </message>
    <message>
        <source>Its data is damaged or of another kind than it says.</source>
        <translation>Der Inhalt ist beschädigt oder von anderer Art als angegeben.</translation>
    </message>
    <message>
        <source>It ends too early.</source>
        <translation>Sie endet zu früh.</translation>
    </message>
    <message>
        <source>There is no such file or folder.</source>
        <translation>Es gibt keine solche Datei und keinen solchen Ordner.</translation>
    </message>
    <message>
        <source>Check the spelling of the path.</source>
        <translation>Prüfen Sie, ob der Pfad stimmt.</translation>
    </message>
    <message>
        <source>You may not access it.</source>
        <translation>Sie haben darauf keinen Zugriff.</translation>
    </message>
    <message>
        <source>Change its permissions or choose another place.</source>
        <translation>Ändern Sie die Rechte, oder wählen Sie einen anderen Ort.</translation>
    </message>
    <message>
        <source>That disk is read-only.</source>
        <translation>Dieser Datenträger ist schreibgeschützt.</translation>
    </message>
    <message>
        <source>Choose a folder that can be written.</source>
        <translation>Wählen Sie einen Ordner, in den sich schreiben lässt.</translation>
    </message>
    <message>
        <source>Free some space or choose a folder on another disk.</source>
        <translation>Schaffen Sie Platz, oder wählen Sie einen Ordner auf einem anderen Datenträger.</translation>
    </message>
    <message>
        <source>%1 will be changed.</source>
        <translation>%1 wird geändert.</translation>
    </message>
    <message>
        <source>%1 was changed.</source>
        <translation>%1 wurde geändert.</translation>
    </message>
    <message>
        <source>%1 will not be in the result.</source>
        <translation>%1 wird im Ergebnis fehlen.</translation>
    </message>
    <message>
        <source>%1 is not in the result.</source>
        <translation>%1 fehlt im Ergebnis.</translation>
    </message>
    <message>
        <source>Cut to the range, to within a few hundredths of a second.</source>
        <translation>Auf den Bereich geschnitten, auf wenige Hundertstelsekunden genau.</translation>
    </message>
    <message>
        <source>Cut to the range.</source>
        <translation>Auf den Bereich geschnitten.</translation>
    </message>
    <message>
        <source>Numbered pictures hold nothing else.</source>
        <translation>Nummerierte Bilder nehmen nichts anderes auf.</translation>
    </message>
    <message>
        <source>A %1 file cannot hold it. Choose %2 to keep it.</source>
        <translation>Eine %1-Datei kann es nicht aufnehmen. Wählen Sie %2, um es zu behalten.</translation>
    </message>
    <message>
        <source>It is a second picture track; only the first is enhanced.</source>
        <translation>Es ist eine zweite Bildspur; nur die erste wird verbessert.</translation>
    </message>
    <message>
        <source>Data tracks of this kind cannot be carried over.</source>
        <translation>Datenspuren dieser Art lassen sich nicht übernehmen.</translation>
    </message>
    <message>
        <source>They become %1; their text stays.</source>
        <translation>Sie werden zu %1; ihr Text bleibt.</translation>
    </message>
    <message>
        <source>The output cannot hold chapters. Choose %1 to keep them.</source>
        <translation>Das Ergebnis kann keine Kapitel aufnehmen. Wählen Sie %1, um sie zu behalten.</translation>
    </message>
    <message>
        <source>The output cannot hold a timecode. Choose %1 to keep it.</source>
        <translation>Das Ergebnis kann keinen Timecode aufnehmen. Wählen Sie %1, um ihn zu behalten.</translation>
    </message>
    <message>
        <source>It starts at %1, where the range begins.</source>
        <translation>Er beginnt bei %1, wo der Bereich anfängt.</translation>
    </message>
    <message>
        <source>The pictures will be stored in another form: %1.</source>
        <translation>Die Bilder werden in anderer Form gespeichert: %1.</translation>
    </message>
    <message>
        <source>The clip is interlaced, so the result shows combs where things move. Deinterlace looks better.</source>
        <translation>Der Clip ist verschränkt; im Ergebnis zeigen sich Kämme, wo sich etwas bewegt. Mit „Zusammenfügen“ wird es besser.</translation>
    </message>
    <message>
        <source>The clip says that it is not interlaced. Deinterlacing it all the same costs a little sharpness.</source>
        <translation>Laut Datei ist der Clip nicht verschränkt. Ihn trotzdem zusammenzufügen kostet etwas Schärfe.</translation>
    </message>
    <message>
        <source>The clip is damaged at frame %1. What could be decoded there, or else the nearest whole frame, was used.</source>
        <translation>Der Clip ist bei Bild %1 beschädigt. Verwendet wurde, was sich dort lesen ließ, sonst das nächste ganze Bild.</translation>
    </message>
</context>
<context>
    <name>MaskFile</name>
    <message>
        <source>The mask %1 does not fit this clip.</source>
        <translation>Die Maske %1 passt nicht zu diesem Clip.</translation>
    </message>
    <message>
        <source>The picture is %1 × %2, the clip is %3 × %4.</source>
        <translation>Das Bild misst %1 × %2, der Clip %3 × %4.</translation>
    </message>
    <message>
        <source>Choose a picture of the clip&apos;s size.</source>
        <translation>Wählen Sie ein Bild in der Größe des Clips.</translation>
    </message>
    <message>
        <source>The mask %1 cannot be read.</source>
        <translation>Die Maske %1 ist nicht lesbar.</translation>
    </message>
    <message>
        <source>It is not a picture that this program knows.</source>
        <translation>Es ist kein Bild, das dieses Programm kennt.</translation>
    </message>
    <message>
        <source>There is no such file.</source>
        <translation>Es gibt keine solche Datei.</translation>
    </message>
    <message>
        <source>Choose a PNG or TIFF picture: white is changed, black is kept.</source>
        <translation>Wählen Sie ein PNG- oder TIFF-Bild: Weiß wird verändert, Schwarz bleibt.</translation>
    </message>
    <message>
        <source>The mask could not be saved.</source>
        <translation>Die Maske konnte nicht gesichert werden.</translation>
    </message>
    <message>
        <source>Choose a folder that can be written to and has room.</source>
        <translation>Wählen Sie einen Ordner, der beschreibbar ist und Platz hat.</translation>
    </message>
    <message>
        <source>Nothing painted yet</source>
        <translation>Noch nichts gemalt</translation>
    </message>
    <message>
        <source>Painted, less than 0.1 % of the picture</source>
        <translation>Gemalt, unter 0,1 % des Bilds</translation>
    </message>
    <message>
        <source>Painted, %1 % of the picture</source>
        <translation>Gemalt, %1 % des Bilds</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>Enhances video on your own machine. Give it a clip, or drop one.</source>
        <translation>Verbessert Videos auf dem eigenen Rechner. Nennen Sie einen Clip, oder ziehen Sie einen hinein.</translation>
    </message>
    <message>
        <source>A clip, a folder of numbered pictures, or a pattern like name.%04d.png.</source>
        <translation>Ein Clip, ein Ordner mit nummerierten Bildern oder ein Muster wie name.%04d.png.</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::Actions</name>
    <message>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <source>Open folder…</source>
        <translation>Ordner öffnen…</translation>
    </message>
    <message>
        <source>Close clip</source>
        <translation>Clip schließen</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>One pixel for one pixel</source>
        <translation>Pixel für Pixel</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>+</source>
        <translation>+</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Verkleinern</translation>
    </message>
    <message>
        <source>−</source>
        <translation>−</translation>
    </message>
    <message>
        <source>Show the mask</source>
        <translation>Maske zeigen</translation>
    </message>
    <message>
        <source>Compare with the newest result</source>
        <translation>Mit dem neuesten Ergebnis vergleichen</translation>
    </message>
    <message>
        <source>Swap the sides</source>
        <translation>Seiten tauschen</translation>
    </message>
    <message>
        <source>Shift S</source>
        <translation>Umschalt S</translation>
    </message>
    <message>
        <source>Source alone while held</source>
        <translation>Nur die Quelle, solange gehalten</translation>
    </message>
    <message>
        <source>S</source>
        <translation>S</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>As the theme</source>
        <translation>Wie das Thema</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>Schwarz</translation>
    </message>
    <message>
        <source>Dark grey</source>
        <translation>Dunkelgrau</translation>
    </message>
    <message>
        <source>Middle grey</source>
        <translation>Mittelgrau</translation>
    </message>
    <message>
        <source>Checker</source>
        <translation>Karo</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>Weniger Bewegung</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Next panel</source>
        <translation>Nächster Bereich</translation>
    </message>
    <message>
        <source>Previous panel</source>
        <translation>Voriger Bereich</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>Abspielen oder anhalten</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>Leertaste</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>←</source>
        <translation>←</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>→</source>
        <translation>→</translation>
    </message>
    <message>
        <source>Ten frames back</source>
        <translation>Zehn Bilder zurück</translation>
    </message>
    <message>
        <source>Shift ←</source>
        <translation>Umschalt ←</translation>
    </message>
    <message>
        <source>Ten frames on</source>
        <translation>Zehn Bilder weiter</translation>
    </message>
    <message>
        <source>Shift →</source>
        <translation>Umschalt →</translation>
    </message>
    <message>
        <source>To the in point</source>
        <translation>Zum In-Punkt</translation>
    </message>
    <message>
        <source>Home</source>
        <translation>Pos1</translation>
    </message>
    <message>
        <source>To the out point</source>
        <translation>Zum Out-Punkt</translation>
    </message>
    <message>
        <source>End</source>
        <translation>Ende</translation>
    </message>
    <message>
        <source>Set in here</source>
        <translation>In hier setzen</translation>
    </message>
    <message>
        <source>Set out here</source>
        <translation>Out hier setzen</translation>
    </message>
    <message>
        <source>Clear in and out</source>
        <translation>In und Out löschen</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>Auswählen</translation>
    </message>
    <message>
        <source>Move the view</source>
        <translation>Ansicht verschieben</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>Radierer</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>Rechteck</translation>
    </message>
    <message>
        <source>V</source>
        <translation>V</translation>
    </message>
    <message>
        <source>H</source>
        <translation>H</translation>
    </message>
    <message>
        <source>B</source>
        <translation>B</translation>
    </message>
    <message>
        <source>E</source>
        <translation>E</translation>
    </message>
    <message>
        <source>R</source>
        <translation>R</translation>
    </message>
    <message>
        <source>Smaller brush</source>
        <translation>Kleinerer Pinsel</translation>
    </message>
    <message>
        <source>[</source>
        <translation>[</translation>
    </message>
    <message>
        <source>Larger brush</source>
        <translation>Größerer Pinsel</translation>
    </message>
    <message>
        <source>]</source>
        <translation>]</translation>
    </message>
    <message>
        <source>Load a mask…</source>
        <translation>Maske laden…</translation>
    </message>
    <message>
        <source>Save the mask as…</source>
        <translation>Maske sichern als…</translation>
    </message>
    <message>
        <source>Invert the mask</source>
        <translation>Maske umkehren</translation>
    </message>
    <message>
        <source>Clear the mask</source>
        <translation>Maske löschen</translation>
    </message>
    <message>
        <source>Preview this frame</source>
        <translation>Vorschau dieses Bilds</translation>
    </message>
    <message>
        <source>Enhance</source>
        <translation>Verbessern</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Cancel the job</source>
        <translation>Auftrag abbrechen</translation>
    </message>
    <message>
        <source>Show the newest result in its folder</source>
        <translation>Neuestes Ergebnis im Ordner zeigen</translation>
    </message>
    <message>
        <source>Choose the engine…</source>
        <translation>Rechenprogramm wählen…</translation>
    </message>
    <message>
        <source>Start the engine again</source>
        <translation>Rechenprogramm neu starten</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About Reelmend</source>
        <translation>Über Reelmend</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Clip</source>
        <translation>&amp;Clip</translation>
    </message>
    <message>
        <source>&amp;Mask</source>
        <translation>&amp;Maske</translation>
    </message>
    <message>
        <source>E&amp;nhance</source>
        <translation>&amp;Verbessern</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Thema</translation>
    </message>
    <message>
        <source>Surround of the picture</source>
        <translation>Umgebung des Bilds</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Open recent</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Red</source>
        <translation>Rot</translation>
    </message>
    <message>
        <source>Cyan</source>
        <translation>Cyan</translation>
    </message>
    <message>
        <source>Yellow</source>
        <translation>Gelb</translation>
    </message>
    <message>
        <source>Colour of the mask</source>
        <translation>Farbe der Maske</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::Commands</name>
    <message>
        <source>Save the mask</source>
        <translation>Maske sichern</translation>
    </message>
    <message>
        <source>PNG pictures (*.png)</source>
        <translation>PNG-Bilder (*.png)</translation>
    </message>
    <message>
        <source>Choose reelmend-cli</source>
        <translation>reelmend-cli wählen</translation>
    </message>
    <message>
        <source>Name of the result</source>
        <translation>Name des Ergebnisses</translation>
    </message>
    <message>
        <source>Clips (*.mp4 *.mkv *.mov)</source>
        <translation>Clips (*.mp4 *.mkv *.mov)</translation>
    </message>
    <message>
        <source>No clips yet</source>
        <translation>Noch keine Clips</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::DropArea</name>
    <message>
        <source>Drop a clip, a folder or numbered frames here</source>
        <translation>Clip, Ordner oder nummerierte Bilder hierher ziehen</translation>
    </message>
    <message>
        <source>MP4, MOV, MKV, WebM, PNG, JPEG, TIFF</source>
        <translation>MP4, MOV, MKV, WebM, PNG, JPEG, TIFF</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <source>Open folder…</source>
        <translation>Ordner öffnen…</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::EditorPage</name>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Mask · the same on every frame</source>
        <translation>Maske · auf jedem Bild dieselbe</translation>
    </message>
    <message>
        <source>Mask · from a file</source>
        <translation>Maske · aus einer Datei</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Vorschau</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::EnhanceController</name>
    <message>
        <source>Nothing is marked yet. Paint over what was placed.</source>
        <translation>Noch ist nichts markiert. Übermalen Sie, was eingesetzt wurde.</translation>
    </message>
    <message>
        <source>There is nothing to remove yet. Paint over what should go.</source>
        <translation>Noch ist nichts zu entfernen. Übermalen Sie, was weg soll.</translation>
    </message>
    <message>
        <source>Change result</source>
        <translation>Ergebnis ändern</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::FileDialogs</name>
    <message>
        <source>Open a clip</source>
        <translation>Clip öffnen</translation>
    </message>
    <message>
        <source>Clips and pictures (*.mp4 *.m4v *.mov *.mkv *.webm *.avi *.wmv *.mpg *.mpeg *.mxf *.ts *.png *.jpg *.jpeg *.tif *.tiff *.exr *.dpx *.bmp)</source>
        <translation>Clips und Bilder (*.mp4 *.m4v *.mov *.mkv *.webm *.avi *.wmv *.mpg *.mpeg *.mxf *.ts *.png *.jpg *.jpeg *.tif *.tiff *.exr *.dpx *.bmp)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a folder of numbered pictures</source>
        <translation>Ordner mit nummerierten Bildern öffnen</translation>
    </message>
    <message>
        <source>Load a mask</source>
        <translation>Maske laden</translation>
    </message>
    <message>
        <source>Pictures and clips (*.png *.jpg *.jpeg *.tif *.tiff *.bmp *.exr *.mp4 *.mov *.mkv *.webm *.avi)</source>
        <translation>Bilder und Clips (*.png *.jpg *.jpeg *.tif *.tiff *.bmp *.exr *.mp4 *.mov *.mkv *.webm *.avi)</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::JobNotice</name>
    <message>
        <source>%1: interrupted at frame %2 of %3.</source>
        <translation>%1: bei Bild %2 von %3 unterbrochen.</translation>
    </message>
    <message>
        <source>%1: paused at frame %2 of %3.</source>
        <translation>%1: bei Bild %2 von %3 angehalten.</translation>
    </message>
    <message>
        <source>%1 is being enhanced: %2 of %3 frames.</source>
        <translation>%1 wird verbessert: %2 von %3 Bildern.</translation>
    </message>
    <message>
        <source>Open the clip</source>
        <translation>Clip öffnen</translation>
    </message>
    <message>
        <source>Start again</source>
        <translation>Erneut starten</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel the job</source>
        <translation>Auftrag abbrechen</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::MainWindow</name>
    <message>
        <source>%1 – Reelmend</source>
        <translation>%1 – Reelmend</translation>
    </message>
    <message>
        <source>Reelmend</source>
        <translation>Reelmend</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Choose the engine…</source>
        <translation>Rechenprogramm wählen…</translation>
    </message>
    <message>
        <source>That cannot be opened.</source>
        <translation>Das lässt sich nicht öffnen.</translation>
    </message>
    <message>
        <source>It is not a file on this machine. Save it first, then drop it.</source>
        <translation>Es ist keine Datei auf diesem Rechner. Sichern Sie sie zuerst.</translation>
    </message>
    <message>
        <source>The job goes on: %1 of %2 frames. It is found again at the next start.</source>
        <translation>Der Auftrag läuft weiter: %1 von %2 Bildern. Beim nächsten Start ist er wieder da.</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::MaskFiles</name>
    <message>
        <source>Load a mask</source>
        <translation>Maske laden</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::RecentList</name>
    <message>
        <source>Find it…</source>
        <translation>Suchen…</translation>
    </message>
    <message>
        <source>Not where it was</source>
        <translation>Nicht mehr am alten Ort</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>Aus der Liste nehmen</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::RecentModel</name>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::SampleCard</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Sample clip</source>
        <translation>Beispielclip</translation>
    </message>
    <message>
        <source>Cancel the sample</source>
        <translation>Beispiel abbrechen</translation>
    </message>
    <message>
        <source>The sample could not be made.</source>
        <translation>Das Beispiel konnte nicht gemacht werden.</translation>
    </message>
    <message>
        <source>Making the sample…</source>
        <translation>Beispiel entsteht…</translation>
    </message>
    <message>
        <source>Open the sample</source>
        <translation>Beispiel öffnen</translation>
    </message>
    <message>
        <source>A short scene that Reelmend draws itself, to try everything on.</source>
        <translation>Eine kurze Szene, die Reelmend selbst zeichnet, zum Ausprobieren.</translation>
    </message>
    <message>
        <source>%1 drawn, %2 left</source>
        <translation>%1 gezeichnet, noch %2</translation>
    </message>
    <message>
        <source>%1 drawn</source>
        <translation>%1 gezeichnet</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::SampleMaker</name>
    <message>
        <source>reelmend-cli, which makes it, was not found.</source>
        <translation>reelmend-cli, das ihn macht, wurde nicht gefunden.</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::Sheet</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About Reelmend</source>
        <translation>Über Reelmend</translation>
    </message>
    <message>
        <source>Version %1

Enhances video on your own machine. Your footage never leaves it.

Reelmend is free software under the GNU General Public License 3 or later.
It comes without any warranty.

It uses Qt %2, FFmpeg, LibTorch, OpenCV, nlohmann JSON, CLI11,
the Inter typeface (OFL) and Bootstrap Icons (MIT).</source>
        <translation>Version %1

Verbessert Videos auf dem eigenen Rechner. Ihr Material verlässt ihn nie.

Reelmend ist freie Software unter der GNU General Public License 3 oder später.
Es kommt ohne jede Garantie.

Es verwendet Qt %2, FFmpeg, LibTorch, OpenCV, nlohmann JSON, CLI11,
die Schrift Inter (OFL) und Bootstrap Icons (MIT).</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::StartPage</name>
    <message>
        <source>Choose the engine…</source>
        <translation>Rechenprogramm wählen…</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>Open a clip to begin</source>
        <translation>Öffnen Sie einen Clip</translation>
    </message>
    <message>
        <source>Your footage stays on this machine. The original file is never changed.</source>
        <translation>Ihr Material bleibt auf diesem Rechner. Die Originaldatei wird nie verändert.</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Clear the recent clips</source>
        <translation>Liste der letzten Clips leeren</translation>
    </message>
    <message>
        <source>Works without the internet</source>
        <translation>Arbeitet ohne Internet</translation>
    </message>
    <message>
        <source>Models: built in</source>
        <translation>Modelle: eingebaut</translation>
    </message>
    <message>
        <source>Models: %1</source>
        <translation>Modelle: %1</translation>
    </message>
    <message>
        <source>, </source>
        <translation>, </translation>
    </message>
    <message>
        <source>Every command has a key</source>
        <translation>Jeder Befehl hat eine Taste</translation>
    </message>
    <message>
        <source>Show the keys</source>
        <translation>Tasten zeigen</translation>
    </message>
    <message numerus="yes">
        <source>Processor, %n cores</source>
        <translation>
            <numerusform>Prozessor, %n Kern</numerusform>
            <numerusform>Prozessor, %n Kerne</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing can be enhanced now.</source>
        <translation>Verbessern geht nicht.</translation>
    </message>
    <message>
        <source>Engine %1 is ready.</source>
        <translation>Version %1 ist bereit.</translation>
    </message>
    <message>
        <source>%1.</source>
        <translation>%1.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Recent clips cleared.</source>
        <translation>Liste der letzten Clips geleert.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurücknehmen</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::StatusLine</name>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message numerus="yes">
        <source>Processor, %n cores</source>
        <translation>
            <numerusform>Prozessor, %n Kern</numerusform>
            <numerusform>Prozessor, %n Kerne</numerusform>
        </translation>
    </message>
    <message>
        <source>Reading %1</source>
        <translation>%1 wird gelesen</translation>
    </message>
    <message>
        <source>Reading the clip, %1 %</source>
        <translation>Clip wird gelesen, %1 %</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message numerus="yes">
        <source>All %n frames cached</source>
        <translation>
            <numerusform>%n Bild im Speicher</numerusform>
            <numerusform>Alle %n Bilder im Speicher</numerusform>
        </translation>
    </message>
    <message>
        <source>Cached %1 of %2 frames</source>
        <translation>%1 von %2 Bildern im Speicher</translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::TopRow</name>
    <message>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::compare::CompareBar</name>
    <message>
        <source>Swap the sides</source>
        <translation>Seiten tauschen</translation>
    </message>
    <message>
        <source>Split position</source>
        <translation>Lage der Teilung</translation>
    </message>
    <message>
        <source>%</source>
        <translation>%</translation>
    </message>
    <message>
        <source>Where the picture is split, 0 to 100 %, normally 50</source>
        <translation>Wo das Bild geteilt ist, 0 bis 100 %, sonst 50</translation>
    </message>
    <message>
        <source>Close the comparison</source>
        <translation>Vergleich schließen</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>Links</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>Rechts</translation>
    </message>
    <message>
        <source>Split at</source>
        <translation>Teilung bei</translation>
    </message>
    <message>
        <source>Hold</source>
        <translation>Halten:</translation>
    </message>
    <message>
        <source>for the source</source>
        <translation>zeigt die Quelle</translation>
    </message>
    <message>
        <source>swaps sides</source>
        <translation>tauscht die Seiten</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::compare::SplitView</name>
    <message>
        <source>Comparison</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>%1 alone</source>
        <translation>%1 allein</translation>
    </message>
    <message>
        <source>%1 on the left, %2 on the right, split at %3 %</source>
        <translation>%1 links, %2 rechts, geteilt bei %3 %</translation>
    </message>
    <message>
        <source>Not part of %1</source>
        <translation>Gehört nicht zu %1</translation>
    </message>
    <message>
        <source>Loading frame %1</source>
        <translation>Bild %1 wird geladen</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::masks::MaskDocument</name>
    <message>
        <source>Clear the mask</source>
        <translation>Maske löschen</translation>
    </message>
    <message>
        <source>Invert the mask</source>
        <translation>Maske umkehren</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>Rechteck</translation>
    </message>
    <message>
        <source>Erase a rectangle</source>
        <translation>Rechteck radieren</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::masks::MaskTools</name>
    <message>
        <source>Erase</source>
        <translation>Radieren</translation>
    </message>
    <message>
        <source>Brush stroke</source>
        <translation>Pinselstrich</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::masks::ToolOptionsBar</name>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Brush size</source>
        <translation>Pinselgröße</translation>
    </message>
    <message>
        <source>px</source>
        <translation>px</translation>
    </message>
    <message>
        <source>Brush size, 1 to 1000 px  [ and ]</source>
        <translation>Pinselgröße, 1 bis 1000 px  [ und ]</translation>
    </message>
    <message>
        <source>Hardness</source>
        <translation>Härte</translation>
    </message>
    <message>
        <source>Brush hardness</source>
        <translation>Pinselhärte</translation>
    </message>
    <message>
        <source>%</source>
        <translation>%</translation>
    </message>
    <message>
        <source>Part of the brush at full strength, 0 to 100 %</source>
        <translation>Anteil des Pinsels mit voller Stärke, 0 bis 100 %</translation>
    </message>
    <message>
        <source>X</source>
        <translation>X</translation>
    </message>
    <message>
        <source>Left edge of the rectangle</source>
        <translation>Linker Rand des Rechtecks</translation>
    </message>
    <message>
        <source>Y</source>
        <translation>Y</translation>
    </message>
    <message>
        <source>Upper edge of the rectangle</source>
        <translation>Oberer Rand des Rechtecks</translation>
    </message>
    <message>
        <source>W</source>
        <translation>B</translation>
    </message>
    <message>
        <source>Width of the rectangle</source>
        <translation>Breite des Rechtecks</translation>
    </message>
    <message>
        <source>H</source>
        <translation>H</translation>
    </message>
    <message>
        <source>Height of the rectangle</source>
        <translation>Höhe des Rechtecks</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>Auswählen</translation>
    </message>
    <message>
        <source>Move the view</source>
        <translation>Ansicht verschieben</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>Radierer</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>Rechteck</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::masks::ToolStrip</name>
    <message>
        <source>Select</source>
        <translation>Auswählen</translation>
    </message>
    <message>
        <source>Move the view</source>
        <translation>Ansicht verschieben</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>Radierer</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>Rechteck</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::session::ClipFacts</name>
    <message>
        <source>%1 × %2</source>
        <translation>%1 × %2</translation>
    </message>
    <message>
        <source>%1 fps</source>
        <translation>%1 fps</translation>
    </message>
    <message numerus="yes">
        <source>%n frames</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source> · </source>
        <translation> · </translation>
    </message>
</context>
<context>
    <name>reelmend::ui::session::Document</name>
    <message>
        <source>Change in and out</source>
        <translation>In und Out ändern</translation>
    </message>
    <message>
        <source>Load mask</source>
        <translation>Maske laden</translation>
    </message>
    <message>
        <source>Clear mask</source>
        <translation>Maske löschen</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::session::EngineClient</name>
    <message>
        <source>It did not answer within %1 s.</source>
        <translation>Es hat binnen %1 s nicht geantwortet.</translation>
    </message>
    <message>
        <source>reelmend-cli is not beside the program.</source>
        <translation>reelmend-cli liegt nicht neben dem Programm.</translation>
    </message>
    <message>
        <source>%1 cannot be run: %2</source>
        <translation>%1 lässt sich nicht starten: %2</translation>
    </message>
    <message>
        <source>Its process was killed or crashed.</source>
        <translation>Sein Prozess wurde beendet oder ist abgestürzt.</translation>
    </message>
    <message>
        <source>Its process ended (%1).</source>
        <translation>Sein Prozess hat sich beendet (%1).</translation>
    </message>
    <message>
        <source>The engine stopped before it answered.</source>
        <translation>Das Rechenprogramm hielt an, bevor es antwortete.</translation>
    </message>
    <message>
        <source>Try again when it is ready.</source>
        <translation>Versuchen Sie es erneut, sobald es bereit ist.</translation>
    </message>
    <message>
        <source>Engine starting</source>
        <translation>Rechenprogramm startet</translation>
    </message>
    <message>
        <source>Engine ready</source>
        <translation>Rechenprogramm bereit</translation>
    </message>
    <message>
        <source>Engine restarting</source>
        <translation>Rechenprogramm startet neu</translation>
    </message>
    <message>
        <source>Engine missing</source>
        <translation>Rechenprogramm fehlt</translation>
    </message>
    <message>
        <source>Engine stopped</source>
        <translation>Rechenprogramm angehalten</translation>
    </message>
    <message>
        <source>The engine was not found. Clips can be looked at and masks painted, but not enhanced.</source>
        <translation>Das Rechenprogramm wurde nicht gefunden. Clips lassen sich ansehen und Masken malen, aber nicht verbessern.</translation>
    </message>
    <message>
        <source>The engine stopped. Your masks and settings are safe; jobs that run go on.</source>
        <translation>Das Rechenprogramm hat angehalten. Masken und Einstellungen sind sicher; laufende Aufträge gehen weiter.</translation>
    </message>
    <message>
        <source>The engine stopped and is started again.</source>
        <translation>Das Rechenprogramm hat angehalten und wird neu gestartet.</translation>
    </message>
    <message>
        <source>The engine is missing.</source>
        <translation>Das Rechenprogramm fehlt.</translation>
    </message>
    <message>
        <source>The engine is not ready.</source>
        <translation>Das Rechenprogramm ist nicht bereit.</translation>
    </message>
    <message>
        <source>It printed something that is not its protocol.</source>
        <translation>Es gab etwas aus, das nicht zu seinem Protokoll gehört.</translation>
    </message>
    <message>
        <source>%1 belongs to another version of the program.</source>
        <translation>%1 gehört zu einer anderen Version des Programms.</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::session::JobList</name>
    <message>
        <source>Version %1</source>
        <translation>Version %1</translation>
    </message>
    <message>
        <source>The engine did not say which job it started.</source>
        <translation>Das Rechenprogramm sagte nicht, welchen Auftrag es begann.</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::session::RecentFiles</name>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>today %1</source>
        <translation>heute %1</translation>
    </message>
    <message>
        <source>yesterday</source>
        <translation>gestern</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::style::MessageBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Look here</source>
        <translation>Achtung</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Hinweis</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::MaskCard</name>
    <message>
        <source>Paint over what was placed, or load a mask from a file.</source>
        <translation>Übermalen Sie, was eingesetzt wurde, oder laden Sie eine Maske.</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>Load a mask…</source>
        <translation>Maske laden…</translation>
    </message>
    <message>
        <source>Clear the mask</source>
        <translation>Maske löschen</translation>
    </message>
    <message>
        <source>Choose another…</source>
        <translation>Andere wählen…</translation>
    </message>
    <message>
        <source>From %1</source>
        <translation>Aus %1</translation>
    </message>
    <message>
        <source>Painted, under 1 % of the picture</source>
        <translation>Gemalt, unter 1 % des Bilds</translation>
    </message>
    <message>
        <source>Painted, %1 % of the picture</source>
        <translation>Gemalt, %1 % des Bilds</translation>
    </message>
    <message>
        <source>No mask yet</source>
        <translation>Noch keine Maske</translation>
    </message>
    <message>
        <source>Paint over what should go, or load a mask from a file.</source>
        <translation>Übermalen Sie, was weg soll, oder laden Sie eine Maske.</translation>
    </message>
    <message>
        <source>Without one, the whole picture changes.</source>
        <translation>Ohne Maske ändert sich das ganze Bild.</translation>
    </message>
    <message>
        <source>A picture for each frame, from %1</source>
        <translation>Ein Bild für jedes Bild des Clips, aus %1</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::ResultDelegate</name>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Start again</source>
        <translation>Erneut starten</translation>
    </message>
    <message>
        <source>On screen</source>
        <translation>Im Bild</translation>
    </message>
    <message>
        <source>%1
%2</source>
        <translation>%1
%2</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::ResultList</name>
    <message>
        <source>Earlier results</source>
        <translation>Frühere Ergebnisse</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation>Aus der Liste nehmen</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::RunPanel</name>
    <message>
        <source>Preview this frame</source>
        <translation>Vorschau dieses Bilds</translation>
    </message>
    <message>
        <source>Enhance in to out</source>
        <translation>In bis Out verbessern</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>It goes on when you close the window.</source>
        <translation>Läuft weiter, auch wenn Sie das Fenster schließen.</translation>
    </message>
    <message>
        <source>Enhance the clip</source>
        <translation>Ganzen Clip verbessern</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Startet</translation>
    </message>
    <message>
        <source>Reading the clip</source>
        <translation>Clip wird gelesen</translation>
    </message>
    <message>
        <source>Writing the result</source>
        <translation>Ergebnis wird geschrieben</translation>
    </message>
    <message>
        <source>Enhancing in to out</source>
        <translation>In bis Out wird verbessert</translation>
    </message>
    <message>
        <source>Enhancing the clip</source>
        <translation>Clip wird verbessert</translation>
    </message>
    <message>
        <source>Frame %1 of %2</source>
        <translation>Bild %1 von %2</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Start again</source>
        <translation>Erneut starten</translation>
    </message>
    <message>
        <source>Cancel the preview</source>
        <translation>Vorschau abbrechen</translation>
    </message>
    <message>
        <source>Making the preview</source>
        <translation>Die Vorschau entsteht</translation>
    </message>
    <message>
        <source>Show the source</source>
        <translation>Quelle zeigen</translation>
    </message>
    <message>
        <source>Show the preview</source>
        <translation>Vorschau zeigen</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::TaskForm</name>
    <message>
        <source>What does the work. Lite is a small neural network that comes with the program, Classical is none.</source>
        <translation>Was die Arbeit macht. Lite ist ein kleines neuronales Netz, das zum Programm gehört, Klassisch ist keines.</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>Detail</translation>
    </message>
    <message>
        <source>Detail: 0 to 100 %, normally 50. 0 stays closest to the source, 100 shows the most texture.</source>
        <translation>Detail: 0 bis 100 %, gewöhnlich 50. 0 bleibt der Quelle am nächsten, 100 zeigt die meiste Struktur.</translation>
    </message>
    <message>
        <source>Change detail</source>
        <translation>Detail ändern</translation>
    </message>
    <message>
        <source>Fields</source>
        <translation>Halbbilder</translation>
    </message>
    <message>
        <source>Keep interlaced</source>
        <translation>Verschränkt lassen</translation>
    </message>
    <message>
        <source>Deinterlace</source>
        <translation>Zusammenfügen</translation>
    </message>
    <message>
        <source>The clip is interlaced. Deinterlacing makes one whole picture of the two fields of each frame.</source>
        <translation>Der Clip ist im Zeilensprung aufgenommen. Zusammenfügen macht aus den zwei Halbbildern jedes Bildes ein ganzes.</translation>
    </message>
    <message>
        <source>Change fields</source>
        <translation>Halbbilder ändern</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>Faktor</translation>
    </message>
    <message>
        <source>How many times wider and higher the result is.</source>
        <translation>Wievielmal breiter und höher das Ergebnis ist.</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>Stärke</translation>
    </message>
    <message>
        <source>%</source>
        <translation>%</translation>
    </message>
    <message>
        <source>Strength: 0 to 100 %, normally 100. 0 returns the source, 100 is all that the model does.</source>
        <translation>Stärke: 0 bis 100 %, sonst 100. 0 ergibt die Quelle, 100 alles, was das Modell tut.</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>How the result is stored. Lossless keeps every sample outside the mask and makes large files.</source>
        <translation>Wie das Ergebnis gespeichert wird. Verlustfrei erhält außerhalb der Maske jeden Wert und macht große Dateien.</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>Which frames are made. Press I and O to set in and out.</source>
        <translation>Welche Bilder entstehen. I und O setzen In und Out.</translation>
    </message>
    <message>
        <source>Choose the result&apos;s name…</source>
        <translation>Namen des Ergebnisses wählen…</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Where the result is written. An existing file is never replaced.</source>
        <translation>Wohin das Ergebnis kommt. Eine vorhandene Datei wird nie ersetzt.</translation>
    </message>
    <message>
        <source>Change task</source>
        <translation>Aufgabe ändern</translation>
    </message>
    <message>
        <source>Change model</source>
        <translation>Modell ändern</translation>
    </message>
    <message>
        <source>Change scale</source>
        <translation>Faktor ändern</translation>
    </message>
    <message>
        <source>Change strength</source>
        <translation>Stärke ändern</translation>
    </message>
    <message>
        <source>Change quality</source>
        <translation>Qualität ändern</translation>
    </message>
    <message>
        <source>Change range</source>
        <translation>Bereich ändern</translation>
    </message>
    <message>
        <source>%1×, %2 × %3</source>
        <translation>%1×, %2 × %3</translation>
    </message>
    <message>
        <source>In to out, %1</source>
        <translation>In bis Out, %1</translation>
    </message>
    <message>
        <source>Whole clip, %1</source>
        <translation>Ganzer Clip, %1</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::TaskPanel</name>
    <message>
        <source>Task</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Earlier results</source>
        <translation>Frühere Ergebnisse</translation>
    </message>
    <message>
        <source>Enhance this clip, and every version is listed here.</source>
        <translation>Hier steht später jede Version dieses Clips.</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::Words</name>
    <message>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <source>Match</source>
        <translation>Anpassen</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>%1 · %2 · %3</source>
        <translation>%1 · %2 · %3</translation>
    </message>
    <message>
        <source>Upscale</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Repair renders</source>
        <translation>Renderings reparieren</translation>
    </message>
    <message>
        <source>Match an insert</source>
        <translation>Einsatz anpassen</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Restaurieren</translation>
    </message>
    <message>
        <source>Makes every picture larger and keeps its edges sharp.</source>
        <translation>Macht jedes Bild größer und hält Kanten scharf.</translation>
    </message>
    <message>
        <source>Fills the mask with what other frames show there.</source>
        <translation>Füllt die Maske mit dem, was andere Bilder zeigen.</translation>
    </message>
    <message>
        <source>Clears holes and smears of 3D scenes.</source>
        <translation>Beseitigt Löcher und Schlieren von 3D-Szenen.</translation>
    </message>
    <message>
        <source>Fits a placed object to its shot.</source>
        <translation>Passt ein eingesetztes Objekt seiner Einstellung an.</translation>
    </message>
    <message>
        <source>Takes away noise and compression blocks.</source>
        <translation>Nimmt Rauschen und Kompressionsblöcke weg.</translation>
    </message>
    <message>
        <source>Classical</source>
        <translation>Klassisch</translation>
    </message>
    <message>
        <source>Draft, H.264</source>
        <translation>Entwurf, H.264</translation>
    </message>
    <message>
        <source>Good, H.264</source>
        <translation>Gut, H.264</translation>
    </message>
    <message>
        <source>Best, H.264</source>
        <translation>Beste, H.264</translation>
    </message>
    <message>
        <source>Lossless, FFV1</source>
        <translation>Verlustfrei, FFV1</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message numerus="yes">
        <source>%n frames</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 fps</source>
        <translation>%1 fps</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Version %1</source>
        <translation>Version %1</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>startet</translation>
    </message>
    <message>
        <source>%1 of %2 frames</source>
        <translation>%1 von %2 Bildern</translation>
    </message>
    <message>
        <source>paused, %1 of %2 frames</source>
        <translation>angehalten, %1 von %2 Bildern</translation>
    </message>
    <message>
        <source>file not found</source>
        <translation>Datei nicht gefunden</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>First run of this kind: time shows after a few frames.</source>
        <translation>Erster Lauf dieser Art: Die Dauer zeigt sich nach ein paar Bildern.</translation>
    </message>
    <message>
        <source>Strength 0 % returns the source.</source>
        <translation>Stärke 0 % ergibt die Quelle.</translation>
    </message>
    <message>
        <source>Writes a new file of %1 × %2.</source>
        <translation>Schreibt eine neue Datei mit %1 × %2.</translation>
    </message>
    <message>
        <source>Writes a new file; pixels outside the mask stay identical.</source>
        <translation>Schreibt eine neue Datei; Pixel außerhalb der Maske bleiben identisch.</translation>
    </message>
    <message>
        <source>Writes a new file; outside the mask only the compression differs.</source>
        <translation>Schreibt eine neue Datei; außerhalb der Maske wirkt nur die Kompression.</translation>
    </message>
    <message>
        <source>Writes a new file; the source is never changed.</source>
        <translation>Schreibt eine neue Datei; die Quelle bleibt unverändert.</translation>
    </message>
    <message>
        <source>What was finished is kept.</source>
        <translation>Was fertig war, bleibt erhalten.</translation>
    </message>
    <message numerus="yes">
        <source>%n finished frames are kept.</source>
        <translation>
            <numerusform>%n fertiges Bild bleibt erhalten.</numerusform>
            <numerusform>%n fertige Bilder bleiben erhalten.</numerusform>
        </translation>
    </message>
    <message>
        <source>Your mask and settings are safe.</source>
        <translation>Maske und Einstellungen sind sicher.</translation>
    </message>
    <message>
        <source>Interrupted at frame %1 of %2.</source>
        <translation>Bei Bild %1 von %2 unterbrochen.</translation>
    </message>
    <message>
        <source>The job was interrupted.</source>
        <translation>Der Auftrag wurde unterbrochen.</translation>
    </message>
    <message>
        <source>The job&apos;s process ended early. %1</source>
        <translation>Sein Prozess endete vorzeitig. %1</translation>
    </message>
    <message>
        <source>Cancelled at frame %1 of %2.</source>
        <translation>Bei Bild %1 von %2 abgebrochen.</translation>
    </message>
    <message>
        <source>The job failed.</source>
        <translation>Der Auftrag ist fehlgeschlagen.</translation>
    </message>
    <message>
        <source>The engine refused the request.</source>
        <translation>Das Rechenprogramm hat den Auftrag abgelehnt.</translation>
    </message>
    <message>
        <source>Finished: %1 in %2.</source>
        <translation>Fertig: %1 in %2.</translation>
    </message>
    <message>
        <source>this graphics card</source>
        <translation>dieser Grafikkarte</translation>
    </message>
    <message>
        <source>this processor</source>
        <translation>diesem Prozessor</translation>
    </message>
    <message>
        <source>About %1 on %2.</source>
        <translation>Etwa %1 auf %2.</translation>
    </message>
    <message>
        <source>At most %1 on %2, judged from the preview.</source>
        <translation>Höchstens %1 auf %2, geschätzt nach der Vorschau.</translation>
    </message>
    <message>
        <source>No piece was finished yet, so it begins anew. Your mask and settings are safe.</source>
        <translation>Noch kein Stück war fertig, es beginnt von vorn. Maske und Einstellungen sind sicher.</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::timeline::NumberLabel</name>
    <message>
        <source>%1. Click to type</source>
        <translation>%1. Klicken zum Eingeben</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::timeline::Timeline</name>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>No clip</source>
        <translation>Kein Clip</translation>
    </message>
    <message>
        <source>Frame %1 of %2, in %3, out %4</source>
        <translation>Bild %1 von %2, In %3, Out %4</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::timeline::TransportBar</name>
    <message>
        <source>1 frame</source>
        <translation>1 Bild</translation>
    </message>
    <message>
        <source>%1 frames</source>
        <translation>%1 Bilder</translation>
    </message>
    <message>
        <source>%1 fps</source>
        <translation>%1 fps</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>To the in point</source>
        <translation>Zum In-Punkt</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>To the out point</source>
        <translation>Zum Out-Punkt</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>In</source>
        <translation>In</translation>
    </message>
    <message>
        <source>In point</source>
        <translation>In-Punkt</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>Out</translation>
    </message>
    <message>
        <source>Out point, the last frame included</source>
        <translation>Out-Punkt, letztes Bild eingeschlossen</translation>
    </message>
    <message>
        <source>Transport</source>
        <translation>Abspielleiste</translation>
    </message>
    <message>
        <source>Hours, minutes, seconds, frames</source>
        <translation>Stunden, Minuten, Sekunden, Bilder</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::viewer::ViewBar</name>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Show the mask</source>
        <translation>Maske zeigen</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>Zoom. Wheel or pinch over the picture, + and -</source>
        <translation>Zoom. Mausrad oder Spreizen im Bild, + und -</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Show the whole picture  F</source>
        <translation>Ganzes Bild zeigen  F</translation>
    </message>
    <message>
        <source>1:1</source>
        <translation>1:1</translation>
    </message>
    <message>
        <source>One picture pixel on one screen pixel  1</source>
        <translation>Ein Bildpixel auf einem Bildschirmpixel  1</translation>
    </message>
    <message>
        <source>Pixel for pixel</source>
        <translation>Pixel für Pixel</translation>
    </message>
    <message>
        <source>Linear shown as sRGB</source>
        <translation>Linear, als sRGB gezeigt</translation>
    </message>
    <message>
        <source>The clip holds linear light. Values above white are clipped here.</source>
        <translation>Der Clip enthält lineares Licht. Werte über Weiß werden hier abgeschnitten.</translation>
    </message>
    <message>
        <source>HDR (PQ) shown as SDR</source>
        <translation>HDR (PQ), als SDR gezeigt</translation>
    </message>
    <message>
        <source>Highlights up to 1000 cd/m² are brought down to the screen&apos;s white (ITU-R BT.2390).</source>
        <translation>Lichter bis 1000 cd/m² werden auf das Weiß des Bildschirms zurückgenommen (ITU-R BT.2390).</translation>
    </message>
    <message>
        <source>HDR (HLG) shown as SDR</source>
        <translation>HDR (HLG), als SDR gezeigt</translation>
    </message>
    <message>
        <source>Linear as sRGB</source>
        <translation>Linear als sRGB</translation>
    </message>
    <message>
        <source>PQ as SDR</source>
        <translation>PQ als SDR</translation>
    </message>
    <message>
        <source>HLG as SDR</source>
        <translation>HLG als SDR</translation>
    </message>
    <message>
        <source>What is written is not touched.</source>
        <translation>Was geschrieben wird, bleibt davon unberührt.</translation>
    </message>
</context>
<context>
    <name>reelmend::ui::viewer::Viewer</name>
    <message>
        <source>Drop a clip here</source>
        <translation>Clip hierher ziehen</translation>
    </message>
    <message>
        <source>Or double-click to choose one. The original file is never changed.</source>
        <translation>Oder doppelklicken und einen wählen. Die Originaldatei wird nie verändert.</translation>
    </message>
    <message>
        <source>Viewer</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>%1, frame %2</source>
        <translation>%1, Bild %2</translation>
    </message>
    <message>
        <source>Preview of this frame</source>
        <translation>Vorschau dieses Bilds</translation>
    </message>
    <message>
        <source>Loading frame %1</source>
        <translation>Bild %1 wird geladen</translation>
    </message>
</context>
</TS>
